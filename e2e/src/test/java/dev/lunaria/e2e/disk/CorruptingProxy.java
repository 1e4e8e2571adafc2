package dev.lunaria.e2e.disk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bad network on loopback: passes bytes on in both directions, and now and then turns one bit, as
 * the seed says. Two threads for each connection; all end with {@link #close}.
 */
final class CorruptingProxy implements AutoCloseable {
    /** Where the login is over: it has no digests, and a wrong name would be refused for good. */
    private static final int INTACT_BYTES = 16 << 10;

    private static final int LEAST_BETWEEN = 1 << 20;
    private static final int MOST_BETWEEN = 6 << 20;

    private final ServerSocket listening;
    private final int target;
    private final Random random;
    private final AtomicInteger left;
    private final AtomicInteger turned = new AtomicInteger();

    /**
     * @param target port to which bytes go
     * @param errors how many bits are turned in all, after which the network is good
     */
    CorruptingProxy(int target, int errors, long seed) throws IOException {
        this.target = target;
        this.left = new AtomicInteger(errors);
        this.random = new Random(seed);
        this.listening = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("proxy").start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Bits that were turned so far. */
    int turned() {
        return turned.get();
    }

    private void accept() {
        while (true) {
            try {
                Socket near = listening.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                pass(near, far);
                pass(far, near);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void pass(Socket from, Socket to) {
        int first;
        synchronized (random) {
            first = INTACT_BYTES + random.nextInt(LEAST_BETWEEN);
        }
        Thread.ofPlatform().daemon().name("proxied").start(() -> copy(from, to, first));
    }

    private void copy(Socket from, Socket to, long firstError) {
        byte[] buffer = new byte[64 << 10];
        long passed = 0;
        long nextError = firstError;
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer)) {
                if (nextError < passed + bytes) {
                    turn(buffer, (int) (nextError - passed));
                    synchronized (random) {
                        nextError += random.nextInt(LEAST_BETWEEN, MOST_BETWEEN);
                    }
                }
                out.write(buffer, 0, bytes);
                passed += bytes;
            }
        } catch (IOException ended) {
            // One side has closed: the other is closed with it.
        }
    }

    private void turn(byte[] buffer, int at) {
        if (left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            buffer[Math.max(0, at)] ^= 0x10;
            turned.incrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
