package dev.lunaria.node.disk.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The format state in-band: what is there afterwards decides, not the answer alone. */
class FormatStateTest {
    private FormatStatePage page = page(State.BLANK, false, 4, "");
    private ScsiOutcome answer = new ScsiOutcome.Good(64);
    private final FormatState state = new FormatState(this::answer);

    private static FormatStatePage page(State state, boolean mine, long generation, String fs) {
        return new FormatStatePage(state, mine, false, generation, 1, fs, 1, mine ? "me" : "");
    }

    private CompletableFuture<ScsiOutcome> answer(ScsiRequest request) {
        if ((request.cdb().get(0) & 0xff) == OperationCode.INQUIRY.code()) {
            ByteBuffer bytes = page.encode();
            request.dataIn().put(0, bytes, 0, bytes.limit());
            return CompletableFuture.completedFuture(new ScsiOutcome.Good(bytes.limit()));
        }
        return CompletableFuture.completedFuture(answer);
    }

    private static ScsiOutcome refusal(SenseKey key, AdditionalSense additional) {
        return new ScsiOutcome.Failed(
                DiskError.IO,
                ScsiStatus.CHECK_CONDITION.code(),
                SenseData.of(key, additional).encodeFixed(),
                "refused");
    }

    private static UnitException.Reason failure(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UnitException unit) {
                return unit.reason();
            }
            throw e;
        }
        throw new AssertionError("it did not fail");
    }

    @Test
    void beginAnswersTheStateThatIsThereThen() {
        page = page(State.FORMATTING, true, 5, "ext4");
        assertThat(state.begin(4, "ext4").join()).isEqualTo(page);
    }

    @Test
    void anotherGenerationIsChanged() {
        answer = refusal(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        assertThat(failure(state.begin(3, "ext4"))).isEqualTo(UnitException.Reason.CHANGED);
    }

    /** The connection broke after the target had done it: the repeat is refused. */
    @Test
    void aFinishWhoseAnswerWasLostHasSucceeded() {
        answer = refusal(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        page = page(State.READY, false, 6, "ext4");
        assertThat(state.finish(5).join()).isEqualTo(page);
    }

    /**
     * It may have changed the state and died before the unit was blank: mkfs would find remains.
     */
    @Test
    void aBeginWhoseAnswerWasLostIsSentAgainUntilItIsGood() {
        var refusal = refusal(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        page = page(State.FORMATTING, true, 5, "ext4");
        var sent = new ArrayList<ScsiRequest>();
        var lostOnce =
                new FormatState(request -> {
                    if ((request.cdb().get(0) & 0xff) == OperationCode.INQUIRY.code()) {
                        return answer(request);
                    }
                    sent.add(request);
                    return CompletableFuture.completedFuture(
                            sent.size() == 1 ? refusal : new ScsiOutcome.Good(0));
                });

        assertThat(lostOnce.begin(4, "ext4").join()).isEqualTo(page);

        assertThat(sent).hasSize(2);
        answer = refusal;
        assertThat(failure(state.begin(4, "ext4"))).isEqualTo(UnitException.Reason.CHANGED);
    }

    @Test
    void somebodyElsesFormatIsNotOurs() {
        answer = refusal(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        page = page(State.FORMATTING, false, 5, "ext4");
        assertThat(failure(state.begin(4, "ext4"))).isEqualTo(UnitException.Reason.CHANGED);
        page = page(State.FORMATTING, true, 5, "xfs");
        assertThat(failure(state.begin(4, "ext4"))).isEqualTo(UnitException.Reason.CHANGED);
    }

    @Test
    void aUnitInUseIsNotFormatted() {
        answer = refusal(SenseKey.DATA_PROTECT, AdditionalSense.PERMANENT_WRITE_PROTECT);
        page = page(State.READY, false, 5, "");
        assertThat(failure(state.begin(5, "ext4"))).isEqualTo(UnitException.Reason.NOT_ALLOWED);
    }

    @Test
    void afterAFenceNothingIsAsked() {
        answer = new ScsiOutcome.Failed(DiskError.FENCED, -1, ByteBuffer.allocate(0), "fenced");
        page = page(State.FORMATTING, true, 5, "ext4");
        assertThat(failure(state.begin(4, "ext4"))).isEqualTo(UnitException.Reason.REFUSED);
    }
}
