package dev.lunaria.iscsi.initiator;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A TCP connection in a simulation: bytes arrive late, in pieces of any size, and from some byte on
 * not at all. One thread.
 */
final class SimWire {
    private static final int MAX_DELAY = 2_000_000;

    private final SimClock clock;
    private final Direction toTarget = new Direction();
    private final Direction toInitiator = new Direction();
    private long bytesUntilCut;
    private boolean cut;
    private Runnable initiatorLost = () -> {};
    private Runnable targetLost = () -> {};

    private final class Direction {
        private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
        private Consumer<ByteBuffer> receiver = b -> {};
        private boolean moving;

        void write(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            waiting.writeBytes(copy);
            move();
        }

        private void move() {
            if (!moving && waiting.size() > 0) {
                moving = true;
                clock.after(clock.random.nextInt(MAX_DELAY), this::deliver);
            }
        }

        private void deliver() {
            moving = false;
            if (cut) {
                return;
            }
            byte[] all = waiting.toByteArray();
            int length = clock.random.nextInt(3) == 0 ? all.length : piece(all.length);
            length = (int) Math.min(length, bytesUntilCut);
            waiting.reset();
            waiting.write(all, length, all.length - length);
            bytesUntilCut -= length;
            if (length > 0) {
                receiver.accept(ByteBuffer.wrap(Arrays.copyOf(all, length)));
            }
            if (bytesUntilCut == 0) {
                cut();
            }
            move();
        }

        private int piece(int length) {
            return 1 + clock.random.nextInt(length);
        }
    }

    /**
     * A connection.
     *
     * @param bytesUntilCut how many bytes, both ways together, arrive before it breaks
     */
    SimWire(SimClock clock, long bytesUntilCut) {
        this.clock = clock;
        this.bytesUntilCut = bytesUntilCut;
    }

    void initiator(Consumer<ByteBuffer> receiver, Runnable lost) {
        toInitiator.receiver = receiver;
        initiatorLost = lost;
    }

    void target(Consumer<ByteBuffer> receiver, Runnable lost) {
        toTarget.receiver = receiver;
        targetLost = lost;
    }

    void toTarget(ByteBuffer bytes) {
        toTarget.write(bytes);
    }

    void toInitiator(ByteBuffer bytes) {
        toInitiator.write(bytes);
    }

    boolean isCut() {
        return cut;
    }

    /** Breaks it; both ends learn that some time later. */
    void cut() {
        if (!cut) {
            cut = true;
            clock.after(clock.random.nextInt(MAX_DELAY), initiatorLost);
            clock.after(clock.random.nextInt(10 * MAX_DELAY), targetLost);
        }
    }

    /** Closes it from the target's end, after what was sent. */
    void closeByTarget() {
        clock.after(10 * MAX_DELAY, this::cut);
    }
}
