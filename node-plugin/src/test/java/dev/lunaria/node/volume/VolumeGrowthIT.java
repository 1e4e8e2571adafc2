package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.attach.StoppingBackend.Killed;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NodeExpandVolume, and growth at a stage, on real loop devices and filesystems. */
final class VolumeGrowthIT {
    private static final long SMALL = 320L << 20;
    private static final long LARGE = 640L << 20;

    @TempDir Path folder;
    private Optional<NodeUnderTest> opened = Optional.empty();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        opened = Optional.of(new NodeUnderTest(folder.toRealPath(), SMALL));
    }

    @AfterEach
    void close() throws IOException {
        if (opened.isPresent()) {
            opened.get().close();
        }
    }

    private NodeUnderTest node() {
        return opened.orElseThrow();
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

    /** The kernel grows a mounted ext4 for those alone who have CAP_SYS_RESOURCE. */
    private static void needsOnlineGrowth(String filesystem) throws IOException {
        assumeTrue(
                !filesystem.equals("ext4") || Processes.hasCapability(Processes.CAP_SYS_RESOURCE),
                "needs CAP_SYS_RESOURCE, to grow a mounted ext4");
    }

    private long filesystemBytes() throws IOException {
        return node().mounts.status(node().stagingPath).totalBytes();
    }

    private void stage(String filesystem) {
        node().staged.stage(node().request(new Usage.Mount(filesystem, List.of()), false, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void growsOnlineWhileItIsWritten(String filesystem) throws Exception {
        needsOnlineGrowth(filesystem);
        stage(filesystem);
        Path file = node().stagingPath.resolve("written");
        var done = new AtomicBoolean();
        var begun = new CountDownLatch(1);
        var writer = new FutureTask<>(() -> write(file, begun, done));
        Thread.ofPlatform().daemon().start(writer);
        begun.await();

        node().lun.grow(LARGE);
        assertThat(node().expand(LARGE)).isEqualTo(LARGE);
        assertThat(node().expand(LARGE)).isEqualTo(LARGE);

        done.set(true);
        long bytes = writer.get(60, TimeUnit.SECONDS);
        assertThat(filesystemBytes()).isGreaterThan(LARGE * 3 / 4).isLessThanOrEqualTo(LARGE);
        assertThat(Files.size(file)).isEqualTo(bytes);
        node().unstage();
        stage(filesystem);
        assertThat(Files.mismatch(file, expected(bytes))).isEqualTo(-1);
    }

    /** Blocks of numbers, until it is told to end; each is fsynced. */
    private static long write(Path file, CountDownLatch begun, AtomicBoolean done)
            throws IOException {
        ByteBuffer block = ByteBuffer.allocate(64 << 10);
        long number = 0;
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (!done.get() && channel.size() < SMALL / 2) {
                block.clear();
                while (block.hasRemaining()) {
                    block.putLong(number++);
                }
                block.flip();
                while (block.hasRemaining()) {
                    channel.write(block);
                }
                channel.force(false);
                begun.countDown();
            }
            return channel.size();
        }
    }

    private Path expected(long bytes) throws IOException {
        Path file = folder.resolve("expected");
        ByteBuffer block = ByteBuffer.allocate(64 << 10);
        long number = 0;
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (channel.size() < bytes) {
                block.clear();
                while (block.hasRemaining()) {
                    block.putLong(number++);
                }
                channel.write(block.flip());
            }
        }
        return file;
    }

    /** kubernetes#94929: a restore into a larger volume has its size from its first stage on. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aStageGrowsAFilesystemThatIsSmallerThanItsVolume(String filesystem) throws IOException {
        stage(filesystem);
        Files.writeString(node().stagingPath.resolve("file"), "kept");
        node().unstage();
        node().lun.grow(LARGE);
        stage(filesystem);
        assertThat(filesystemBytes()).isGreaterThan(LARGE * 3 / 4);
        assertThat(node().stagingPath.resolve("file")).hasContent("kept");
    }

    @Test
    void anExt4ThatMayNotGrowMountedSaysSoAndGrowsAtItsNextStage() throws IOException {
        assumeFalse(
                Processes.hasCapability(Processes.CAP_SYS_RESOURCE),
                "needs to lack CAP_SYS_RESOURCE");
        stage("ext4");
        node().lun.grow(LARGE);
        assertFails(Kind.PRECONDITION, "CAP_SYS_RESOURCE", () -> node().expand(LARGE));
        node().unstage();
        stage("ext4");
        assertThat(node().expand(LARGE)).isEqualTo(LARGE);
        assertThat(filesystemBytes()).isGreaterThan(LARGE * 3 / 4);
    }

    /** Killed between the mount and the growth, and staged again. */
    @Test
    void aStageThatWasKilledBeforeItGrewGrowsWhenRepeated() throws IOException {
        stage("xfs");
        String device = node().mountsAt(node().stagingPath).getFirst().source();
        node().lun.grow(LARGE);
        node().disks.refreshSize(NodeUnderTest.VOLUME);
        assertThat(filesystemBytes()).isLessThanOrEqualTo(SMALL);
        stage("xfs");
        assertThat(filesystemBytes()).isGreaterThan(LARGE * 3 / 4);
        assertThat(node().mountsAt(node().stagingPath).getFirst().source()).isEqualTo(device);
    }

    @Test
    void aRawBlockDeviceGrowsInUse() throws IOException {
        var block = new Usage.Block();
        node().staged.stage(node().request(block, false, false));
        node().published.publish(node().publishRequest("a", block, false));
        node().lun.grow(LARGE);
        try (Descriptor open = FileIo.open(node().pod("a"), OpenFlags.O_RDWR, 0)) {
            assertThat(BlockDevices.sizeBytes(open)).isEqualTo(SMALL);
            var atPod = new ExpandRequest(NodeUnderTest.VOLUME, node().pod("a"), LARGE, LARGE);
            assertThat(node().growth.expand(atPod)).isEqualTo(LARGE);
            assertThat(BlockDevices.sizeBytes(open)).isEqualTo(LARGE);
        }
    }

    @Test
    void aReadOnlyFilesystemKeepsItsSizeAndItsDeviceGrows() throws IOException {
        stage("ext4");
        node().unstage();
        var ext4 = new Usage.Mount("ext4", List.of());
        node().staged.stage(node().request(ext4, true, false));
        long before = filesystemBytes();
        node().lun.grow(LARGE);
        assertThat(node().expand(LARGE)).isEqualTo(LARGE);
        assertThat(filesystemBytes()).isEqualTo(before);
    }

    @Test
    void aSizeThatTheTargetDoesNotHaveIsOutOfRange() {
        stage("ext4");
        assertFails(Kind.OUT_OF_RANGE, "ControllerExpandVolume first", () -> node().expand(LARGE));
        var limited = new ExpandRequest(NodeUnderTest.VOLUME, node().stagingPath, 0, SMALL - 4096);
        assertFails(Kind.OUT_OF_RANGE, "can't shrink", () -> node().growth.expand(limited));
        assertThat(node().expand(0)).isEqualTo(SMALL);
    }

    @Test
    void whatIsNotThereIsNotFoundAndWhatHasFailedMustBeStagedAnew() {
        assertFails(Kind.NOT_FOUND, "isn't staged", () -> node().expand(LARGE));
        stage("ext4");
        var elsewhere = new ExpandRequest(NodeUnderTest.VOLUME, node().pod("a"), LARGE, 0);
        assertFails(Kind.NOT_FOUND, "isn't at", () -> node().growth.expand(elsewhere));
        node().disks.die();
        assertFails(Kind.PRECONDITION, "stage the volume again", () -> node().expand(LARGE));
    }

    /** trident#418: every step may be repeated. */
    @Test
    void anExpansionKilledAtAnyStepSucceedsWhenRepeated() throws IOException {
        needsOnlineGrowth("ext4");
        stage("ext4");
        long bytes = SMALL;
        int step = 0;
        boolean killed = true;
        while (killed) {
            bytes += 8 << 20;
            node().lun.grow(bytes);
            node().backend.killAfter(step++);
            try {
                node().expand(bytes);
            } catch (Killed e) {
                assertThat(e).isNotNull();
            }
            killed = node().backend.revive();
            node().restart();
            assertThat(node().expand(bytes)).isEqualTo(bytes);
            assertThat(filesystemBytes()).isGreaterThan(bytes * 3 / 4);
        }
        assertThat(step).isGreaterThan(3);
    }
}
