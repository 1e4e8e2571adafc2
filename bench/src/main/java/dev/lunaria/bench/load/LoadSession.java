package dev.lunaria.bench.load;

import dev.lunaria.iscsi.initiator.InitiatorSession;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.initiator.SessionListener;
import dev.lunaria.iscsi.initiator.SessionState;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.LogicalUnitNumber;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.node.disk.session.DiskLoops;
import dev.lunaria.node.disk.session.IscsiTransport;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One session of a load: logged in once, then given one {@link SlotLoad} after the other.
 *
 * <p>Owned by its event loop; the methods without a package-private run there are for any thread.
 * Unlike a disk's session it doesn't outlive its connection: a load that lost its target has
 * failed.
 */
final class LoadSession {
    private static final long TICK_MILLIS = 100;

    private final EventLoop loop;
    private final IscsiTransport transport;
    private final InitiatorSession session;
    private final long lun;
    private final Future<?> ticks;
    private final CompletableFuture<ReadCapacityData> online = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private @Nullable ReadCapacityData capacity;
    private @Nullable SlotLoad load;

    private LoadSession(LoadAddress address, int number, DiskLoops loops) {
        loop = loops.next();
        lun = LogicalUnitNumber.field(address.lun());
        transport = new IscsiTransport(loop, loops);
        session =
                InitiatorSession.create(
                        address.session(number),
                        transport,
                        new Listener(),
                        System::nanoTime,
                        new SecureRandom());
        transport.serve(session);
        ticks = loop.scheduleAtFixedRate(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Begins to log in. */
    static LoadSession open(LoadAddress address, int number, DiskLoops loops) {
        LoadSession session = new LoadSession(address, number, loops);
        session.onLoop(session.session::start);
        return session;
    }

    /** Logged in; fails with {@link LoadFailure}. */
    CompletableFuture<ReadCapacityData> online() {
        return online;
    }

    /** Begins a load; {@link SlotLoad#ended} says how it went. */
    void begin(SlotLoad begun) {
        onLoop(() -> {
            load = begun;
            begun.begin(this::submit);
        });
    }

    /** Logs out. */
    CompletableFuture<Void> close() {
        onLoop(session::close);
        return ended;
    }

    private void submit(Cdb cdb, @Nullable ByteBuffer out, @Nullable ByteBuffer in, Done done) {
        ScsiRequest request =
                out != null
                        ? ScsiRequest.writing(lun, cdb.encode(), out)
                        : in != null
                                ? ScsiRequest.reading(lun, cdb.encode(), in)
                                : ScsiRequest.plain(lun, cdb.encode());
        session.submit(request, outcome -> done.ended(outcome));
    }

    /** Told of a command's outcome. */
    interface Done {
        void ended(ScsiOutcome outcome);
    }

    private void onLoop(Runnable work) {
        loop.execute(() -> {
            work.run();
            transport.endTurn();
        });
    }

    private void tick() {
        session.tick();
        transport.endTurn();
    }

    private void fail(String why) {
        LoadFailure failure = new LoadFailure(why);
        online.completeExceptionally(failure);
        SlotLoad running = load;
        if (running != null) {
            running.fail(failure);
        }
    }

    /** Asks for the capacity, then lets commands flow. */
    private final class Listener implements SessionListener {
        @Override
        public void loggedIn() {
            ByteBuffer into = ByteBuffer.allocate(ReadCapacityData.BYTES_16);
            Cdb ask = new Cdb.ReadCapacity16(ReadCapacityData.BYTES_16);
            session.probe(
                    ScsiRequest.reading(lun, ask.encode(), into),
                    outcome -> {
                        switch (outcome) {
                            case ScsiOutcome.Good _ -> {
                                capacity = ReadCapacityData.parse16(into);
                                session.open();
                            }
                            case ScsiOutcome.Failed failed ->
                                    session.fence("READ CAPACITY: " + failed.message());
                        }
                    });
        }

        @Override
        public void stateChanged(SessionState state, String reason) {
            switch (state) {
                case ONLINE -> {
                    ReadCapacityData known = capacity;
                    if (known != null) {
                        online.complete(known);
                    }
                }
                case WAITING -> {
                    fail(reason);
                    session.fence(reason);
                }
                case CLOSED, FENCED -> {
                    ticks.cancel(false);
                    fail(reason);
                    ended.complete(null);
                }
                case NEW, CONNECTING, LOGGING_IN, VERIFYING, CLOSING -> {}
            }
        }

        @Override
        public void unitAttention(int code, int qualifier) {
            // The session has repeated the command.
        }
    }
}
