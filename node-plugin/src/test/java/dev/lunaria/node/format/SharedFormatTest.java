package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several nodes come to a new shared volume at once: one formats, the others wait. */
final class SharedFormatTest {
    private static final UUID IDENTITY = UUID.randomUUID();
    private static final AttachedDisk DISK =
            new AttachedDisk(
                    "v",
                    1,
                    Path.of("/nowhere"),
                    1L << 30,
                    512,
                    AttachedDisk.State.ONLINE,
                    "",
                    false,
                    IDENTITY);

    private final Queue<FormatState> states = new ArrayDeque<>();
    private final KernelCalls kernel = new KernelCalls();

    @AfterEach
    void close() {
        kernel.close();
    }

    private static FormatState formatting(long generation) {
        return new FormatState.Formatting(generation, "ocfs2", false, false, "other");
    }

    /** A target that tells one state after the other; the last one holds. */
    private final class Target implements AttachBackend {
        private final Kind refusal;

        Target(Kind refusal) {
            this.refusal = refusal;
        }

        @Override
        public FormatState format(String volumeId) {
            FormatState next = states.size() > 1 ? states.remove() : states.element();
            return next;
        }

        @Override
        public FormatState beginFormat(String volumeId, long generation, String filesystem) {
            throw new NodeFailure(refusal, "somebody was faster");
        }

        @Override
        public FormatState finishFormat(String volumeId, long generation) {
            throw new IllegalStateException("nothing was begun");
        }

        @Override
        public AttachedDisk attach(AttachSpec spec) {
            throw new IllegalStateException("it is attached");
        }

        @Override
        public void detach(String volumeId, boolean discardWrites) {
            throw new IllegalStateException("it stays attached");
        }

        @Override
        public AttachedDisk refreshSize(String volumeId) {
            throw new IllegalStateException("nobody asked");
        }

        @Override
        public List<AttachedDisk> list() {
            return List.of(DISK);
        }
    }

    private AttachedDisk prepare(Kind refusal, Duration patience) throws Exception {
        var formatter = new Formatter(new Target(refusal), kernel, () -> "l0123", patience);
        return formatter.prepare(spec(), DISK, new Ocfs2());
    }

    private static AttachSpec spec() {
        var grant = new ChapSecretDerivation.Grant("c", "v", "n", 1);
        return new AttachSpec(
                "v",
                1,
                "iqn.2026-11.dev.lunaria:v",
                List.of("127.0.0.1:3260"),
                "iqn.2026-11.dev.lunaria:n",
                IDENTITY,
                ChapSecretDerivation.derive(Secret.of("0123456789abcdef"), grant),
                new AttachSpec.SecretOrigin("k1", grant),
                false,
                false);
    }

    @Test
    void whatIsReadyIsLeftAsItIs() throws Exception {
        states.add(new FormatState.Ready(3, "ocfs2"));
        assertThat(prepare(Kind.BUSY, Duration.ZERO)).isEqualTo(DISK);
    }

    @Test
    void whoeverDoesntWaitLongEnoughHearsThatItIsToBeRepeated() {
        states.add(formatting(2));
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> prepare(Kind.BUSY, Duration.ZERO))
                .withMessageContaining("another node is formatting")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
    }

    /** BLANK when it looked, somebody else's when it began. */
    @Test
    void whoeverLosesTheRaceWaits() {
        states.add(new FormatState.Blank(1));
        states.add(formatting(2));
        for (Kind refusal : List.of(Kind.BUSY, Kind.PRECONDITION)) {
            assertThatExceptionOfType(NodeFailure.class)
                    .isThrownBy(() -> prepare(refusal, Duration.ZERO))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
        }
    }

    /** What has nothing to do with another node isn't waited for. */
    @Test
    void aRefusalWithoutAnotherNodeIsFinal() {
        states.add(new FormatState.Blank(1));
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> prepare(Kind.PRECONDITION, Duration.ofMinutes(1)))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.PRECONDITION));
        states.clear();
        states.add(new FormatState.Ready(2, "ext4"));
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> prepare(Kind.BUSY, Duration.ofMinutes(1)))
                .withMessageContaining("holds ext4");
    }
}
