package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ext4, xfs and btrfs as volumes are staged with them: copies, journals, failures, space. */
final class FilesystemsIT {
    private static final long SIZE = 320L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path folder;
    private final List<NodeUnderTest> opened = new ArrayList<>();

    @BeforeEach
    void needs() {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        assumeTrue(Files.exists(Path.of("/usr/sbin/mkfs.xfs")), "needs xfsprogs");
        assumeTrue(Files.exists(Path.of("/usr/bin/btrfs")), "needs btrfs-progs");
    }

    @AfterEach
    void close() throws IOException {
        for (NodeUnderTest node : opened.reversed()) {
            node.close();
        }
    }

    private NodeUnderTest node(String name) throws IOException {
        Path place = Files.createDirectories(folder.toRealPath().resolve(name));
        var node = new NodeUnderTest(place, SIZE);
        opened.add(node);
        return node;
    }

    private static StageRequest request(NodeUnderTest node, String filesystem, boolean readOnly) {
        return node.request(new Usage.Mount(filesystem, List.of()), readOnly, false);
    }

    private NodeUnderTest staged(String name, String filesystem) throws IOException {
        NodeUnderTest node = node(name);
        node.staged.stage(request(node, filesystem, false));
        return node;
    }

    /** What a snapshot of a mounted volume holds: its journal isn't replayed. */
    private NodeUnderTest crashConsistentCopy(NodeUnderTest of, String name, String filesystem)
            throws IOException {
        NodeUnderTest copy = node(name);
        Files.copy(
                of.folder.resolve("lun"),
                copy.folder.resolve("lun"),
                StandardCopyOption.REPLACE_EXISTING);
        copy.lun.setFormat(new FormatState.Ready(7, filesystem));
        return copy;
    }

    private static void writeDurably(Path file, String text) throws IOException {
        Files.writeString(file, text);
        try (Descriptor open = FileIo.open(file, OpenFlags.O_RDONLY, 0)) {
            FileControl.fsync(open);
        }
    }

    private static void assertFails(Kind kind, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.getMessage()).contains(message);
                            assertThat(e.kind()).isEqualTo(kind);
                        });
    }

    /** longhorn#8796: a copy is mounted beside its original on the same node. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aCopyIsMountedBesideItsOriginal(String filesystem) throws IOException {
        NodeUnderTest original = staged("original", filesystem);
        writeDurably(original.stagingPath.resolve("file"), "of the original");
        NodeUnderTest copy = crashConsistentCopy(original, "copy", filesystem);
        copy.staged.stage(request(copy, filesystem, false));
        assertThat(copy.stagingPath.resolve("file")).hasContent("of the original");
        writeDurably(copy.stagingPath.resolve("file"), "of the copy");
        assertThat(original.stagingPath.resolve("file")).hasContent("of the original");

        copy.unstage();
        copy.staged.stage(request(copy, filesystem, false));
        assertThat(copy.stagingPath.resolve("file")).hasContent("of the copy");
        original.unstage();
        copy.unstage();
    }

    /** A copy of a copy; and one whose original is gone. */
    @ParameterizedTest
    @ValueSource(strings = {"xfs", "btrfs"})
    void aCopyOfACopyIsMountedBesideBoth(String filesystem) throws IOException {
        NodeUnderTest first = staged("first", filesystem);
        writeDurably(first.stagingPath.resolve("file"), "kept");
        NodeUnderTest second = crashConsistentCopy(first, "second", filesystem);
        second.staged.stage(request(second, filesystem, false));
        writeDurably(second.stagingPath.resolve("more"), "kept too");
        NodeUnderTest third = crashConsistentCopy(second, "third", filesystem);
        third.staged.stage(request(third, filesystem, false));
        assertThat(third.stagingPath.resolve("file")).hasContent("kept");
        assertThat(third.stagingPath.resolve("more")).hasContent("kept too");
        assertThat(third.lun.formattingEntries()).isZero();
    }

    /** Killed between the mount that replays the log and its end. */
    @Test
    void aReplayThatWasCutShortIsDoneAgain() throws IOException {
        NodeUnderTest original = staged("original", "xfs");
        writeDurably(original.stagingPath.resolve("file"), "kept");
        NodeUnderTest copy = crashConsistentCopy(original, "copy", "xfs");
        original.unstage();
        copy.staged.stage(request(copy, "xfs", false));
        String device = copy.mountsAt(copy.stagingPath).getFirst().source();
        Mounts.unmount(copy.stagingPath, 0);
        Mounts.mount(device, copy.stagingPath, "xfs", Mounts.MS_RDONLY, "nouuid");
        copy.restart();
        copy.staged.stage(request(copy, "xfs", false));
        assertThat(copy.mountsAt(copy.stagingPath)).hasSize(1);
        assertThat(copy.mountsAt(copy.stagingPath).getFirst().isReadOnly()).isFalse();
        assertThat(copy.stagingPath.resolve("file")).hasContent("kept");
    }

    /** traps-storage 28: the journal is replayed, and not a byte of the volume changes. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aCrashConsistentCopyIsReadWithoutBeingWritten(String filesystem) throws IOException {
        NodeUnderTest original = staged("original", filesystem);
        writeDurably(original.stagingPath.resolve("file"), "only in the journal");
        NodeUnderTest copy = crashConsistentCopy(original, "copy", filesystem);
        copy.staged.stage(request(copy, filesystem, true));
        assertThat(copy.stagingPath.resolve("file")).hasContent("only in the journal");
        assertThatThrownBy(() -> Files.writeString(copy.stagingPath.resolve("new"), ""))
                .hasMessageContaining("Read-only");
        copy.staged.stage(request(copy, filesystem, true));
        copy.unstage();
        Path again = crashConsistentCopy(original, "again", filesystem).folder.resolve("lun");
        assertThat(Files.mismatch(copy.folder.resolve("lun"), again)).isEqualTo(-1);
    }

    /** gotgt#15: after an error XFS says nothing in the mount table, but nothing can be read. */
    @Test
    void anXfsThatWasShutDownIsMountedAnew() throws Exception {
        NodeUnderTest node = staged("node", "xfs");
        writeDurably(node.stagingPath.resolve("file"), "kept");
        var xfs = new Usage.Mount("xfs", List.of());
        node.published.publish(node.publishRequest("a", xfs, false));
        Process shutdown =
                new ProcessBuilder("xfs_io", "-x", "-c", "shutdown", node.stagingPath.toString())
                        .inheritIO()
                        .start();
        assertThat(shutdown.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertFails(
                Kind.PRECONDITION,
                "errors",
                () -> node.published.publish(node.publishRequest("b", xfs, false)));
        node.unpublish("a");
        node.staged.stage(request(node, "xfs", false));
        assertThat(node.stagingPath.resolve("file")).hasContent("kept");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aVolumeThatIsTooSmallStaysBlankAndSaysWhatIsNeeded(String filesystem) throws IOException {
        NodeUnderTest node = node("small");
        try (var data = new RandomAccessFile(node.folder.resolve("lun").toFile(), "rw")) {
            data.setLength(4 << 20);
        }
        assertFails(
                Kind.PRECONDITION,
                filesystem + " needs",
                () -> node.staged.stage(request(node, filesystem, false)));
        assertThat(node.lun.format()).isInstanceOf(FormatState.Blank.class);
        assertThat(node.loops()).isEmpty();
    }

    /** traps-storage 27: what is found is named, and left alone. */
    @Test
    void whatWasWrittenRawIsNamedAndNeverFormatted() throws IOException {
        NodeUnderTest node = node("node");
        node.lun.setFormat(new FormatState.Ready(7, ""));
        put(node, 0, luksHeader());
        assertFails(
                Kind.PRECONDITION,
                "crypto_LUKS at byte 0",
                () -> node.staged.stage(request(node, "xfs", false)));
        assertThat(node.lun.formattingEntries()).isZero();
        assertThat(node.loops()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aFilesystemThatIsGoneIsReportedWithWhatIsThereInstead(String filesystem)
            throws IOException {
        NodeUnderTest node = staged("node", filesystem);
        node.unstage();
        put(node, 0, new byte[1 << 20]);
        put(node, 0, luksHeader());
        assertFails(
                Kind.PRECONDITION,
                "crypto_LUKS at byte 0",
                () -> node.staged.stage(request(node, filesystem, false)));
        assertThat(node.lun.formattingEntries()).isEqualTo(1);
        assertThat(node.loops()).isEmpty();
    }

    /** traps-storage 31: what a mount refuses is diagnosed, never repaired by force. */
    @Test
    void anXfsThatTheKernelRefusesIsDiagnosedAndLeftAsItIs() throws IOException {
        NodeUnderTest node = staged("node", "xfs");
        writeDurably(node.stagingPath.resolve("file"), "something");
        node.unstage();
        // The superblock's count of inodes no longer fits its checksum.
        put(node, 128, new byte[] {0, 0, 0, 77});
        Path before = folder.resolve("before");
        Files.copy(node.folder.resolve("lun"), before);
        assertFails(
                Kind.PRECONDITION, "by hand", () -> node.staged.stage(request(node, "xfs", false)));
        assertThat(Files.mismatch(node.folder.resolve("lun"), before)).isEqualTo(-1);
    }

    private static byte[] luksHeader() {
        byte[] header = new byte[4096];
        byte[] magic = "LUKS".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, header, 0, magic.length);
        header[4] = (byte) 0xBA;
        header[5] = (byte) 0xBE;
        header[7] = 1;
        return header;
    }

    private static void put(NodeUnderTest node, long offset, byte[] bytes) throws IOException {
        try (var data = new RandomAccessFile(node.folder.resolve("lun").toFile(), "rw")) {
            data.seek(offset);
            data.write(bytes);
        }
    }

    /** synology#22: what pods delete comes back to the pool. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void spaceOfDeletedFilesComesBack(String filesystem) throws IOException {
        NodeUnderTest node = staged("node", filesystem);
        Path lun = node.folder.resolve("lun");
        long blank = FileStatus.of(lun).allocatedBytes();
        Path file = node.stagingPath.resolve("file");
        Files.write(file, new byte[64 << 20]);
        sync(node.stagingPath);
        assertThat(FileStatus.of(lun).allocatedBytes()).isGreaterThan(blank + (60L << 20));
        Files.delete(file);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (FileStatus.of(lun).allocatedBytes() > blank + (16L << 20)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            sync(node.stagingPath);
        }
    }

    private static void sync(Path mounted) throws IOException {
        try (Descriptor open = FileIo.open(mounted, OpenFlags.O_RDONLY, 0)) {
            FileControl.syncFileSystem(open);
        }
    }
}
