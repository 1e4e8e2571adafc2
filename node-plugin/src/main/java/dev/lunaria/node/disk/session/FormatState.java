package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.FormatCommand;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.SenseData;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The format state of one logical unit, as its session sees and changes it: VPD page C0h and the
 * vendor command C1h.
 *
 * <p>Any thread; immutable. All futures fail with {@link UnitException}.
 */
public final class FormatState {
    private static final int PAGE_BYTES = 512;

    /** How often BEGIN is sent before somebody else must be changing the state as well. */
    private static final int BEGIN_ATTEMPTS = 3;

    private final Function<ScsiRequest, CompletableFuture<ScsiOutcome>> session;

    /**
     * The format state of a unit.
     *
     * @param session where commands are sent to
     */
    public FormatState(Function<ScsiRequest, CompletableFuture<ScsiOutcome>> session) {
        this.session = session;
    }

    /** What it is now. */
    public CompletableFuture<FormatStatePage> read() {
        ByteBuffer into = ByteBuffer.allocate(PAGE_BYTES);
        Cdb inquiry = new Cdb.Inquiry(true, FormatStatePage.CODE, PAGE_BYTES);
        return session.apply(ScsiRequest.reading(BlockTransfers.LUN, inquiry.encode(), into))
                .thenCompose(outcome ->
                        switch (outcome) {
                            case ScsiOutcome.Good good -> parse(into, good.transferred());
                            case ScsiOutcome.Failed failed -> failed(failed);
                        });
    }

    private static CompletableFuture<FormatStatePage> parse(ByteBuffer page, int bytes) {
        try {
            return CompletableFuture.completedFuture(FormatStatePage.parse(page.slice(0, bytes)));
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(
                    new UnitException(
                            UnitException.Reason.FAILED, "the target sends no format state", e));
        }
    }

    /**
     * BLANK, or an abandoned FORMATTING, to FORMATTING by compare-and-set. CHANGED: the generation
     * is another. NOT_ALLOWED: somebody else formats it, or it is in use.
     *
     * <p>A command whose answer was lost is sent again, and is refused then, because it has changed
     * the generation itself. It may have done so without having blanked the logical unit: so it is
     * begun once more, with the generation of now. Only GOOD says that what mkfs finds is zeroes.
     */
    public CompletableFuture<FormatStatePage> begin(long generation, String filesystem) {
        return begin(generation, filesystem, BEGIN_ATTEMPTS);
    }

    private CompletableFuture<FormatStatePage> begin(
            long generation, String filesystem, int attempts) {
        return send(FormatCommand.begin(), new FormatCommand(generation, filesystem))
                .thenCompose(outcome ->
                        switch (outcome) {
                            case ScsiOutcome.Good good -> read();
                            case ScsiOutcome.Failed failed
                                    when failed.status() < 0 || attempts == 1 ->
                                    failed(failed);
                            case ScsiOutcome.Failed failed ->
                                    read().thenCompose(page ->
                                            isOurs(page, generation, filesystem)
                                                    ? begin(
                                                            page.generation(),
                                                            filesystem,
                                                            attempts - 1)
                                                    : failed(failed));
                        });
    }

    private static boolean isOurs(FormatStatePage page, long generation, String filesystem) {
        return page.state() == State.FORMATTING
                && page.mine()
                && page.generation() > generation
                && page.filesystem().equals(filesystem);
    }

    /** FORMATTING to READY, after a flush, by compare-and-set. Fails as {@link #begin}. */
    public CompletableFuture<FormatStatePage> finish(long generation) {
        return send(FormatCommand.finish(), new FormatCommand(generation, ""))
                .thenCompose(outcome ->
                        switch (outcome) {
                            case ScsiOutcome.Good good -> read();
                            case ScsiOutcome.Failed failed when failed.status() < 0 ->
                                    failed(failed);
                            // Sent again because its answer was lost: refused, and done all the
                            // same.
                            case ScsiOutcome.Failed failed ->
                                    read().thenCompose(page ->
                                            page.state() == State.READY
                                                            && page.generation() == generation + 1
                                                    ? CompletableFuture.completedFuture(page)
                                                    : failed(failed));
                        });
    }

    private CompletableFuture<ScsiOutcome> send(Cdb.FormatStateOut cdb, FormatCommand list) {
        return session.apply(ScsiRequest.writing(BlockTransfers.LUN, cdb.encode(), list.encode()));
    }

    private static CompletableFuture<FormatStatePage> failed(ScsiOutcome.Failed failed) {
        return CompletableFuture.failedFuture(
                new UnitException(reason(failed), "the target refuses: " + failed.message()));
    }

    private static UnitException.Reason reason(ScsiOutcome.Failed failed) {
        if (failed.error() == DiskError.FENCED) {
            return UnitException.Reason.REFUSED;
        }
        if (failed.error() == DiskError.CLOSED) {
            return UnitException.Reason.CLOSED;
        }
        return switch (SenseData.parse(failed.sense()).key()) {
            case MISCOMPARE -> UnitException.Reason.CHANGED;
            case DATA_PROTECT, ILLEGAL_REQUEST -> UnitException.Reason.NOT_ALLOWED;
            case NO_SENSE,
                    RECOVERED_ERROR,
                    NOT_READY,
                    MEDIUM_ERROR,
                    HARDWARE_ERROR,
                    UNIT_ATTENTION,
                    BLANK_CHECK,
                    VENDOR_SPECIFIC,
                    COPY_ABORTED,
                    ABORTED_COMMAND,
                    RESERVED,
                    VOLUME_OVERFLOW,
                    COMPLETED ->
                    UnitException.Reason.FAILED;
        };
    }
}
