package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * What becomes of a command that a target answered: done, sent again, or failed; the one map from
 * status and sense data to {@link DiskError}.
 *
 * <p>As Linux treats a disk: unit attentions and aborted commands are retried at once, BUSY and
 * TASK SET FULL with a growing pause, for longer than a target's window for a full pool (60 s). A
 * medium error is not retried: after a failed flush the retry would get GOOD for lost data.
 */
final class RetryPolicy {

    /** How often a command is sent again for a reason that should have passed. */
    static final int MAX_RETRIES = 16;

    /** How long a target may be busy with one command. */
    static final Duration MAX_BUSY = Duration.ofMinutes(5);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(2);

    private RetryPolicy() {}

    /** What to do with a command. */
    sealed interface Verdict {
        /** Tell the caller. */
        record Finish(ScsiOutcome outcome) implements Verdict {}

        /** Send it again at once. */
        record Again() implements Verdict {}

        /** Send it again after a pause. */
        record Later(Duration pause) implements Verdict {}
    }

    /** Judges an answer; counts the retry in the task. */
    static Verdict judge(Task task, ScsiAnswer answer, long now) {
        if (answer.response() != 0) {
            return againOr(task, answer, "target failure " + answer.response());
        }
        ScsiStatus status = ScsiStatus.of(answer.status()).orElse(null);
        if (status == null) {
            return fail(DiskError.IO, answer, "unknown status " + answer.status());
        }
        return switch (status) {
            case GOOD, CONDITION_MET ->
                    new Verdict.Finish(new ScsiOutcome.Good(answer.transferred()));
            case BUSY, TASK_SET_FULL -> later(task, answer, now, status.toString());
            case RESERVATION_CONFLICT ->
                    fail(DiskError.RESERVED, answer, "another node holds a reservation");
            case TASK_ABORTED -> againOr(task, answer, "aborted by another");
            case ACA_ACTIVE -> fail(DiskError.IO, answer, "ACA active");
            case CHECK_CONDITION -> sense(task, answer, SenseData.parse(answer.sense()), now);
        };
    }

    private static Verdict sense(Task task, ScsiAnswer answer, SenseData sense, long now) {
        String what = sense.key() + ", " + sense.additional();
        return switch (sense.key()) {
            case NO_SENSE, RECOVERED_ERROR, COMPLETED ->
                    new Verdict.Finish(new ScsiOutcome.Good(answer.transferred()));
            case UNIT_ATTENTION, ABORTED_COMMAND -> againOr(task, answer, what);
            case NOT_READY -> later(task, answer, now, what);
            case ILLEGAL_REQUEST -> fail(DiskError.UNSUPPORTED, answer, what);
            case DATA_PROTECT -> {
                boolean full =
                        sense.additional().code() == 0x27 && sense.additional().qualifier() == 0x07;
                yield fail(full ? DiskError.NO_SPACE : DiskError.READ_ONLY, answer, what);
            }
            case MEDIUM_ERROR,
                    HARDWARE_ERROR,
                    BLANK_CHECK,
                    VENDOR_SPECIFIC,
                    COPY_ABORTED,
                    RESERVED,
                    VOLUME_OVERFLOW,
                    MISCOMPARE ->
                    fail(DiskError.IO, answer, what);
        };
    }

    private static Verdict againOr(Task task, ScsiAnswer answer, String what) {
        if (++task.retries > MAX_RETRIES) {
            return fail(DiskError.IO, answer, what + ", " + MAX_RETRIES + " times");
        }
        return new Verdict.Again();
    }

    private static Verdict later(Task task, ScsiAnswer answer, long now, String what) {
        if (!task.busy) {
            task.busy = true;
            task.busySince = now;
        }
        long waited = now - task.busySince;
        if (waited > MAX_BUSY.toNanos()) {
            return fail(DiskError.IO, answer, what + " for " + MAX_BUSY.toSeconds() + " s");
        }
        long pause = Math.clamp(waited, FIRST_PAUSE.toNanos(), MAX_PAUSE.toNanos());
        return new Verdict.Later(Duration.ofNanos(pause));
    }

    private static Verdict fail(DiskError error, ScsiAnswer answer, String message) {
        return new Verdict.Finish(
                new ScsiOutcome.Failed(error, answer.status(), copy(answer.sense()), message));
    }

    private static ByteBuffer copy(ByteBuffer sense) {
        return ByteBuffer.allocate(sense.remaining()).put(sense.duplicate()).flip();
    }
}
