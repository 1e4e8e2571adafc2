package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.InitiatorSession;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.initiator.SessionListener;
import dev.lunaria.iscsi.initiator.SessionState;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import io.netty.channel.IoEventLoop;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A logical unit behind an iSCSI session, as bytes.
 *
 * <p>Any thread; the session itself lives on one event loop. While the target is away requests
 * wait, without limit in time; once the session is fenced they fail with EIO at once. After each
 * login the unit's identity is compared before anything else is sent. Bounded by its users, which
 * keep a fixed number of requests in flight, and by the session's queue.
 */
public final class IscsiDisk implements BlockIo, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(IscsiDisk.class);
    private static final long TICK_MILLIS = 100;
    private static final int CAPACITY_CHANGED_CODE = 0x2a;
    private static final int CAPACITY_CHANGED_QUALIFIER = 0x09;

    private final DiskAddress address;
    private final IoEventLoop loop;
    private final IscsiTransport transport;
    private final InitiatorSession session;
    private final BlockTransfers transfers;
    private final Mailbox mailbox;
    private final FormatState format = new FormatState(this::command);
    private final Future<?> ticks;
    private final CompletableFuture<Unit> online = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable Unit unit;
    private volatile Status status = new Status(SessionState.NEW, "not started");
    private volatile Runnable onGrowth = () -> {};
    private UnitException.Reason whyFenced = UnitException.Reason.REFUSED;

    /** Where the session stands, and why. */
    public record Status(SessionState state, String reason) {}

    private final Consumer<SessionState> onState;

    private IscsiDisk(DiskAddress address, DiskLoops loops, Consumer<SessionState> onState) {
        this.address = address;
        this.onState = onState;
        loop = loops.next();
        transport = new IscsiTransport(loop, loops);
        session =
                InitiatorSession.create(
                        address.session(),
                        transport,
                        new Listener(),
                        System::nanoTime,
                        new SecureRandom());
        transport.serve(session);
        transfers = new BlockTransfers(session, transport);
        mailbox = new Mailbox(loop, transport::endTurn);
        ticks =
                loop.scheduleAtFixedRate(
                        this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Begins to log in; {@link #online} says when that is done. */
    public static IscsiDisk open(DiskAddress address, DiskLoops loops) {
        return open(address, loops, _ -> {});
    }

    /**
     * As above.
     *
     * @param onState told of each state of the session, on its event loop; must not block
     */
    public static IscsiDisk open(
            DiskAddress address, DiskLoops loops, Consumer<SessionState> onState) {
        IscsiDisk disk = new IscsiDisk(address, loops, onState);
        disk.mailbox.post(disk.session::start);
        return disk;
    }

    private void tick() {
        session.tick();
        transport.endTurn();
    }

    /**
     * The first login and its comparison; fails with {@link UnitException}: REFUSED, WRONG_UNIT or
     * CLOSED. Waits as long as no portal answers.
     */
    public CompletableFuture<Unit> online() {
        return online;
    }

    /** Where the session lives: requests that come from there change no thread. */
    public IoEventLoop loop() {
        return loop;
    }

    /** Where it stands now. */
    public Status status() {
        return status;
    }

    /** What the unit says of itself; null before the first login. */
    public @Nullable Unit unit() {
        return unit;
    }

    /**
     * Asks the target for the capacity; completes with the unit as it is then. What has grown is
     * told of as always. Waits as long as no portal answers; fails with {@link UnitException}.
     */
    public CompletableFuture<Unit> refresh() {
        CompletableFuture<Unit> answer = new CompletableFuture<>();
        mailbox.post(() ->
                readCapacity()
                        .whenComplete((now, error) -> {
                            if (now != null) {
                                answer.complete(now);
                            } else {
                                answer.completeExceptionally(unitException(error));
                            }
                        }));
        return answer;
    }

    private static UnitException unitException(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException e ? e.getCause() : error;
        UnitException.Reason reason =
                cause instanceof UnitProbe.ProbeFailed probe
                        ? switch (probe.error) {
                            case FENCED -> UnitException.Reason.REFUSED;
                            case CLOSED -> UnitException.Reason.CLOSED;
                            case IO,
                                    TIMED_OUT,
                                    CONNECTION_LOST,
                                    NO_SPACE,
                                    READ_ONLY,
                                    RESERVED,
                                    UNSUPPORTED,
                                    QUEUE_FULL ->
                                    UnitException.Reason.FAILED;
                        }
                        : UnitException.Reason.FAILED;
        return new UnitException(reason, "can't read the capacity: " + cause, cause);
    }

    /** Runs on an event loop when the unit has grown; must not block. */
    public void onGrowth(Runnable action) {
        onGrowth = action;
    }

    private Unit known() {
        Unit now = unit;
        if (now == null) {
            throw new IllegalStateException("not logged in yet");
        }
        return now;
    }

    @Override
    public long sizeBytes() {
        return known().sizeBytes();
    }

    @Override
    public int blockBytes() {
        return known().blockBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into, IoCompletion done) {
        mailbox.post(() -> transfers.read(known(), offset, into, done));
    }

    @Override
    public void write(long offset, ByteBuffer from, IoCompletion done) {
        if (refusesWrites(done)) {
            return;
        }
        mailbox.post(() -> transfers.write(known(), offset, from, done));
    }

    @Override
    public void flush(IoCompletion done) {
        mailbox.post(() -> transfers.flush(done));
    }

    @Override
    public void discard(long offset, long length, IoCompletion done) {
        if (refusesWrites(done)) {
            return;
        }
        mailbox.post(() -> transfers.zero(known(), offset, length, true, done));
    }

    @Override
    public void writeZeroes(long offset, long length, IoCompletion done) {
        if (refusesWrites(done)) {
            return;
        }
        mailbox.post(() -> transfers.zero(known(), offset, length, false, done));
    }

    private boolean refusesWrites(IoCompletion done) {
        if (address.readOnly()) {
            done.complete(DiskError.READ_ONLY.errno());
        }
        return address.readOnly();
    }

    /** What is on the unit, as far as it decides whether this node may format it. */
    public FormatState formatState() {
        return format;
    }

    private CompletableFuture<ScsiOutcome> command(ScsiRequest request) {
        CompletableFuture<ScsiOutcome> outcome = new CompletableFuture<>();
        mailbox.post(() -> session.submit(request, outcome::complete));
        return outcome;
    }

    /** Carries out what was asked for, then logs out; {@link #ended} says when. */
    @Override
    public void close() {
        mailbox.post(session::close);
    }

    /** Ends at once, without the target: everything fails with EIO. */
    public void destroy(String why) {
        mailbox.post(() -> {
            whyFenced = UnitException.Reason.CLOSED;
            session.fence(why);
        });
    }

    /** Completes when the session has ended for good, however. */
    public CompletableFuture<Void> ended() {
        return ended;
    }

    /** On the session's event loop. Where it fails, the next login reads it again. */
    private CompletableFuture<Unit> readCapacity() {
        return new UnitProbe(session::submit, address.identity())
                .capacity()
                .thenApply(capacity -> {
                    become(known().withSize(capacity.bytes()));
                    return known();
                });
    }

    private void become(Unit now) {
        Unit before = unit;
        if (before != null && !now.succeeds(before)) {
            refuse("the unit was " + before + " and is " + now);
            return;
        }
        unit = now;
        if (before != null && now.sizeBytes() > before.sizeBytes()) {
            log.atInfo()
                    .addKeyValue("target", address.session().targetName())
                    .addKeyValue("bytes", now.sizeBytes())
                    .log("the logical unit has grown");
            onGrowth.run();
        }
    }

    private void refuse(String why) {
        whyFenced = UnitException.Reason.WRONG_UNIT;
        session.fence(why);
    }

    /** Looks at what answers, after each login. */
    private final class Listener implements SessionListener {
        @Override
        public void loggedIn() {
            new UnitProbe(session::probe, address.identity())
                    .examine()
                    .whenComplete(this::examined);
        }

        private void examined(@Nullable Unit found, @Nullable Throwable error) {
            if (found != null) {
                become(found);
                session.open();
                return;
            }
            Throwable cause = error instanceof CompletionException e ? e.getCause() : error;
            if (cause instanceof UnitProbe.OtherUnit other) {
                refuse("another logical unit answers: " + other.getMessage());
            } else {
                session.relogin("can't examine the unit: " + cause);
            }
        }

        @Override
        public void stateChanged(SessionState state, String reason) {
            Status before = status;
            status = new Status(state, reason);
            onState.accept(state);
            logChange(before, state, reason);
            switch (state) {
                case ONLINE -> online.complete(known());
                case FENCED -> end(new UnitException(whyFenced, reason));
                case CLOSED -> end(new UnitException(UnitException.Reason.CLOSED, reason));
                case NEW, CONNECTING, LOGGING_IN, VERIFYING, WAITING, CLOSING -> {}
            }
        }

        private void end(UnitException why) {
            ticks.cancel(false);
            online.completeExceptionally(why);
            ended.complete(null);
        }

        private void logChange(Status before, SessionState state, String reason) {
            LoggingEventBuilder event =
                    switch (state) {
                        case ONLINE, CLOSED -> log.atInfo();
                        case FENCED ->
                                whyFenced == UnitException.Reason.CLOSED
                                        ? log.atInfo()
                                        : log.atWarn();
                        case WAITING ->
                                before.state() == SessionState.ONLINE
                                                || before.state() == SessionState.CLOSING
                                        ? log.atWarn()
                                        : log.atDebug();
                        case NEW, CONNECTING, LOGGING_IN, VERIFYING, CLOSING -> log.atDebug();
                    };
            event.addKeyValue("target", address.session().targetName())
                    .addKeyValue("state", state)
                    .addKeyValue("reason", reason)
                    .log(next(state));
        }

        private static String next(SessionState state) {
            return switch (state) {
                case ONLINE -> "the disk is online";
                case CLOSED -> "the disk's session is closed";
                case FENCED -> "the disk's session is ended for good; its I/O fails";
                case WAITING -> "the target is away; I/O waits until it is back";
                case NEW, CONNECTING, LOGGING_IN, VERIFYING, CLOSING -> "the session goes on";
            };
        }

        @Override
        public void unitAttention(int code, int qualifier) {
            boolean capacity =
                    code == CAPACITY_CHANGED_CODE && qualifier == CAPACITY_CHANGED_QUALIFIER;
            if (capacity && session.state() == SessionState.ONLINE) {
                var _ = readCapacity();
            }
        }
    }
}
