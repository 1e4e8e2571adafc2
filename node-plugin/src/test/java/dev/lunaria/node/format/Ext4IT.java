package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** mkfs.ext4 and e2fsck on a file: they need no block device. */
final class Ext4IT {
    private static final long SIZE = 64L << 20;
    private static final int STATE_ERRORS = 2;

    @TempDir Path folder;
    private final Ext4 ext4 = new Ext4();

    @BeforeEach
    void needsE2fsprogs() {
        assumeTrue(Files.exists(Path.of("/usr/sbin/mkfs.ext4")), "needs e2fsprogs");
    }

    private Path volume() throws IOException {
        Path file = folder.resolve("volume");
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(SIZE);
        }
        return file;
    }

    private static void debugfs(Path volume, String command) {
        Child.Result result =
                Child.run(
                        Duration.ofSeconds(30),
                        tool("debugfs"),
                        List.of("-w", "-R", command, volume.toString()));
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    @Test
    void aFreshFilesystemIsSoundAndSparse() throws IOException {
        Path volume = volume();
        ext4.make(volume, UUID.randomUUID(), () -> "");
        Child.Result check =
                Child.run(
                        Duration.ofSeconds(30), tool("e2fsck"), List.of("-fn", volume.toString()));
        assertThat(check.exitCode()).as(check.output()).isZero();
        assertThat(FileStatus.of(volume).allocatedBytes()).isLessThan(SIZE / 8);
        ext4.repair(volume);
    }

    @Test
    void whatCannotBeMadeSaysWhyInMkfsOwnWords() throws IOException {
        Path tiny = folder.resolve("tiny");
        Files.write(tiny, new byte[8192]);
        assertThatThrownBy(() -> ext4.make(tiny, UUID.randomUUID(), () -> ""))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(Kind.BROKEN);
                            assertThat(e).hasMessageContaining("mkfs.ext4");
                        });
    }

    /** The kernel replays a journal by itself; fsck is for filesystems that it found errors in. */
    @Test
    void errorsThatTheKernelFoundAreRepaired() throws IOException {
        Path volume = volume();
        ext4.make(volume, UUID.randomUUID(), () -> "");
        debugfs(volume, "set_super_value state " + STATE_ERRORS);
        ext4.repair(volume);
        Child.Result check =
                Child.run(Duration.ofSeconds(30), tool("e2fsck"), List.of("-n", volume.toString()));
        assertThat(check.output()).contains("clean");
    }

    /** An imported one; ours always have a journal. */
    @Test
    void whatWasNotUnmountedAndHasNoJournalIsChecked() throws IOException {
        Path volume = volume();
        Child.Result made =
                Child.run(
                        Duration.ofSeconds(30),
                        tool("mkfs.ext4"),
                        List.of("-q", "-O", "^has_journal", volume.toString()));
        assertThat(made.exitCode()).as(made.output()).isZero();
        debugfs(volume, "set_super_value state 0");
        ext4.repair(volume);
        Child.Result check =
                Child.run(Duration.ofSeconds(30), tool("e2fsck"), List.of("-n", volume.toString()));
        assertThat(check.output()).contains("clean");
    }

    @Test
    void growsBeforeTheMountWhereItCouldNotAfterwards() throws IOException {
        assumeFalse(
                Processes.hasCapability(Processes.CAP_SYS_RESOURCE),
                "needs to lack CAP_SYS_RESOURCE");
        Path volume = volume();
        ext4.make(volume, UUID.randomUUID(), () -> "");
        assertThat(ext4.superblock(volume).orElseThrow().sizeBytes()).isEqualTo(SIZE);
        try (var data = new RandomAccessFile(volume.toFile(), "rw")) {
            data.setLength(2 * SIZE);
        }
        ext4.growBeforeMount(volume);
        assertThat(ext4.superblock(volume).orElseThrow().sizeBytes()).isEqualTo(2 * SIZE);
    }

    @Test
    void errorsThatNeedAnAdministratorAreRefused() throws IOException {
        Path volume = volume();
        ext4.make(volume, UUID.randomUUID(), () -> "");
        debugfs(volume, "clri <2>");
        debugfs(volume, "set_super_value state " + STATE_ERRORS);
        assertThatThrownBy(() -> ext4.repair(volume))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(Kind.PRECONDITION);
                            assertThat(e).hasMessageContaining("by hand");
                        });
    }

    @Test
    void whatIsNoFilesystemIsLeftToTheMount() throws IOException {
        Path volume = volume();
        assertThatCode(() -> ext4.repair(volume)).doesNotThrowAnyException();
    }

    private static Tool tool(String program) {
        return new Tool(program, "nothing");
    }
}
