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
import java.util.function.Predicate;

/**
 * The format state of one logical unit, as its session sees and changes it: VPD page C0h and the
 * vendor command C1h.
 *
 * <p>Any thread; immutable. All futures fail with {@link UnitException}.
 */
public final class FormatState {
    private static final int PAGE_BYTES = 512;

    private final Function<ScsiRequest, CompletableFuture<ScsiOutcome>> session;

    FormatState(Function<ScsiRequest, CompletableFuture<ScsiOutcome>> session) {
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
     */
    public CompletableFuture<FormatStatePage> begin(long generation, String filesystem) {
        return change(
                FormatCommand.begin(),
                new FormatCommand(generation, filesystem),
                page ->
                        page.state() == State.FORMATTING
                                && page.mine()
                                && page.generation() > generation
                                && page.filesystem().equals(filesystem));
    }

    /** FORMATTING to READY, after a flush, by compare-and-set. Fails as {@link #begin}. */
    public CompletableFuture<FormatStatePage> finish(long generation) {
        return change(
                FormatCommand.finish(),
                new FormatCommand(generation, ""),
                page -> page.state() == State.READY && page.generation() == generation + 1);
    }

    /**
     * Sends a change and reads the state back.
     *
     * @param mine whether a state is what the change leads to: a command whose answer was lost is
     *     sent again, is refused then, and has succeeded all the same
     */
    private CompletableFuture<FormatStatePage> change(
            Cdb.FormatStateOut cdb, FormatCommand list, Predicate<FormatStatePage> mine) {
        return session.apply(ScsiRequest.writing(BlockTransfers.LUN, cdb.encode(), list.encode()))
                .thenCompose(outcome ->
                        switch (outcome) {
                            case ScsiOutcome.Good good -> read();
                            case ScsiOutcome.Failed failed -> judge(failed, mine);
                        });
    }

    private CompletableFuture<FormatStatePage> judge(
            ScsiOutcome.Failed failed, Predicate<FormatStatePage> mine) {
        if (failed.status() < 0) {
            return failed(failed);
        }
        return read().thenCompose(page ->
                mine.test(page) ? CompletableFuture.completedFuture(page) : failed(failed));
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
