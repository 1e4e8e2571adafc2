package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.attach.StoppingBackend.Killed;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.service.csi.PublishContext;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stage and unstage on real loop devices, filesystems and mounts; every step repeated and killed.
 */
final class StagedVolumesIT {
    private static final int EXT4_MAGIC_AT = 1024 + 0x38;

    @TempDir Path folder;
    private Optional<NodeUnderTest> opened = Optional.empty();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, to mount");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
        opened = Optional.of(new NodeUnderTest(folder.toRealPath()));
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

    /** topolvm#522, kubernetes#59946: formatted once, whatever is repeated. */
    @Test
    void aBlankVolumeIsFormattedOnceAndMounted() throws IOException {
        node().stage();
        Files.writeString(node().stagingPath.resolve("file"), "kept");
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);

        node().unstage();
        node().stage();
        assertThat(node().stagingPath.resolve("file")).hasContent("kept");
        assertThat(node().lun.formattingEntries()).isEqualTo(1);
        assertThat(node().lun.format()).isInstanceOf(FormatState.Ready.class);
    }

    /** topolvm#522, kubernetes#59946: that nothing is recognised on the device proves nothing. */
    @Test
    void aReadyVolumeWhoseSuperblockIsUnreadableIsNotFormatted() throws IOException {
        node().stage();
        node().unstage();
        Path data = folder.resolve("lun");
        try (var file = new RandomAccessFile(data.toFile(), "rw")) {
            file.seek(EXT4_MAGIC_AT);
            file.write(new byte[] {0, 0});
        }
        assertThatThrownBy(node()::stage).isInstanceOf(NodeFailure.class);
        assertThat(node().lun.formattingEntries()).isEqualTo(1);
        assertThat(node().loops()).isEmpty();
        try (var file = new RandomAccessFile(data.toFile(), "rw")) {
            file.seek(EXT4_MAGIC_AT);
            file.write(new byte[] {0x53, (byte) 0xEF});
        }
        node().stage();
    }

    @Test
    void aVolumeWithAnotherFilesystemIsRefusedWithWhatWasFound() throws IOException {
        node().lun.setFormat(new FormatState.Ready(7, "xfs"));
        assertFails(Kind.PRECONDITION, "holds xfs, and ext4 is asked for", node()::stage);
        node().lun.setFormat(new FormatState.Ready(7, ""));
        assertFails(Kind.PRECONDITION, "without a filesystem of ours", node()::stage);
        assertThat(node().loops()).isEmpty();
    }

    @Test
    void aReadOnlyStageNeverFormats() throws IOException {
        StageRequest readOnly = node().request(new Usage.Mount("ext4", List.of()), true, false);
        assertFails(Kind.PRECONDITION, "never formatted", () -> node().staged.stage(readOnly));
        assertThat(node().lun.format()).isInstanceOf(FormatState.Blank.class);
        assertThat(node().loops()).isEmpty();
    }

    @Test
    void anotherNodesFormattingIsRefusedUntilThatNodeIsFenced() throws IOException {
        node().lun.setFormat(new FormatState.Formatting(3, "ext4", false, false, "mybox1"));
        assertFails(Kind.PRECONDITION, "mybox1 is formatting", node()::stage);
        node().lun.setFormat(new FormatState.Formatting(3, "ext4", false, true, "mybox1"));
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
    }

    /** trident#418: every step is repeatable from any state. */
    @Test
    void aStageKilledAtAnyStepSucceedsWhenRepeated() throws IOException {
        int step = 0;
        boolean killed = true;
        while (killed) {
            node().backend.killAfter(step++);
            try {
                node().stage();
            } catch (Killed e) {
                assertThat(e).isNotNull();
            }
            killed = node().backend.revive();
            node().restart();
            node().stage();
            assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
            node().unstage();
            assertThat(node().allMounts()).isEmpty();
            assertThat(node().loops()).isEmpty();
            node().lun.setFormat(new FormatState.Blank(1));
            try (var file = new RandomAccessFile(folder.resolve("lun").toFile(), "rw")) {
                file.setLength(0);
                file.setLength(NodeUnderTest.VOLUME_BYTES);
            }
        }
        assertThat(step).isGreaterThan(10);
    }

    /** trident#418: the same of unstage. */
    @Test
    void anUnstageKilledAtAnyStepSucceedsWhenRepeated() throws IOException {
        int step = 0;
        boolean killed = true;
        while (killed) {
            node().stage();
            node().backend.killAfter(step++);
            try {
                node().unstage();
            } catch (Killed e) {
                assertThat(e).isNotNull();
            }
            killed = node().backend.revive();
            node().restart();
            node().unstage();
            assertThat(node().allMounts()).isEmpty();
            assertThat(node().loops()).isEmpty();
        }
    }

    /** csi-driver-lvm#140: state is read back from the kernel, not remembered. */
    @Test
    void aRestartedPluginGoesOn() throws IOException {
        node().stage();
        node().restart();
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
        node().restart();
        node().unstage();
        assertThat(node().allMounts()).isEmpty();
    }

    /** csi-driver-lvm#140: also without its records. */
    @Test
    void aPluginThatLostItsRecordsGoesOn() throws IOException {
        node().stage();
        Files.delete(folder.resolve("state/volumes/3c9e%2F7f01.json"));
        node().restart();
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
        Files.delete(folder.resolve("state/volumes/3c9e%2F7f01.json"));
        node().restart();
        node().unstage();
        assertThat(node().allMounts()).isEmpty();
        assertThat(node().loops()).isEmpty();
    }

    /**
     * CSI spec#477, #610: a call during another one on the same volume is ABORTED, and repeated.
     */
    @Test
    void anOperationDuringAnotherIsBusy() throws Exception {
        var attaching = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        node().disks
                .beforeAttach(() -> {
                    attaching.countDown();
                    await(goOn);
                });
        var stage = new FutureTask<>(() -> node().stage(), true);
        Thread.ofPlatform().daemon().start(stage);
        attaching.await();
        assertFails(Kind.BUSY, "staging the volume is under way", node()::stage);
        assertFails(Kind.BUSY, "staging the volume is under way", node()::unstage);
        assertFails(Kind.BUSY, "staging the volume is under way", () -> node().publish("a"));
        assertFails(Kind.BUSY, "staging the volume is under way", () -> node().unpublish("a"));
        goOn.countDown();
        assertThat(stage.get(30, TimeUnit.SECONDS)).isTrue();
        node().publish("a");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** CSI spec#477, #610: any order is safe. */
    @Test
    void unstageOfWhatWasNeverStagedIsOk() {
        node().unstage();
        node().unstage();
    }

    @Test
    void unstageOfWhatIsPublishedIsRefused() {
        node().stage();
        node().publish("a");
        assertFails(Kind.PRECONDITION, "still published", node()::unstage);
        node().unpublish("a");
        node().unstage();
    }

    @Test
    void unstageOfWhatIsInUseIsRefused() throws IOException {
        node().stage();
        try (var open = Files.newOutputStream(node().stagingPath.resolve("open"))) {
            open.write(1);
            assertFails(Kind.PRECONDITION, "in use", node()::unstage);
        }
        node().unstage();
    }

    /** tns-csi#208, democratic-csi#559: another volume's device is never used. */
    @Test
    void anotherLogicalUnitIsRefusedAndNothingStays() throws IOException {
        PublishContext mine = node().context();
        var other =
                new PublishContext(
                        mine.portals(), mine.targetName(), UUID.randomUUID(), mine.epoch(), "k1");
        var request =
                new StageRequest(
                        NodeUnderTest.VOLUME,
                        other,
                        node().stagingPath,
                        new Usage.Mount("ext4", List.of()),
                        false,
                        false);
        assertFails(Kind.PRECONDITION, "logical unit", () -> node().staged.stage(request));
        assertThat(node().loops()).isEmpty();
        node().stage();
        assertFails(Kind.PRECONDITION, "logical unit", () -> node().staged.stage(request));
    }

    /** The old epoch's mounts are destroyed before the new epoch's disk is used. */
    @Test
    void aNewerEpochReplacesMountsAndDiskOfTheOlder() throws IOException {
        node().stage();
        node().publish("a");
        StageRequest old = node().request();
        node().lun.fenceAndGrantAgain();
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
        assertThat(node().mountsAt(node().pod("a"))).isEmpty();
        assertThat(node().loops()).hasSize(1);
        assertFails(Kind.PRECONDITION, "late call", () -> node().staged.stage(old));
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
    }

    @Test
    void unstageOfAFencedDiskIsOkWhateverUsesIt() throws IOException {
        node().stage();
        node().publish("a");
        node().lun.fenceAndGrantAgain();
        try (var open = Files.newOutputStream(node().stagingPath.resolve("open"))) {
            open.write(1);
            node().unstage();
        }
        assertThat(node().allMounts()).isEmpty();
    }

    @Test
    void aStageAfterTheDiskProcessDiedMakesTheMountAnew() throws IOException {
        node().stage();
        Files.writeString(node().stagingPath.resolve("file"), "kept");
        node().publish("a");
        node().disks.die();
        node().stage();
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
        assertThat(node().stagingPath.resolve("file")).hasContent("kept");
        assertThat(node().lun.formattingEntries()).isEqualTo(1);
    }

    @Test
    void unstageAfterTheDiskProcessDiedIsOk() throws IOException {
        node().stage();
        node().publish("a");
        node().disks.die();
        node().unstage();
        assertThat(node().allMounts()).isEmpty();
        assertThat(node().loops()).isEmpty();
    }

    /**
     * gotgt#15, longhorn#8382: a read-only filesystem doesn't stay so, and isn't handed to pods.
     */
    @Test
    void aFilesystemThatTheKernelTurnedReadOnlyIsRepairedAndMountedAnew() throws IOException {
        node().stage();
        Files.writeString(
                node().stagingPath.resolve("file"),
                "kept",
                StandardOpenOption.CREATE,
                StandardOpenOption.SYNC);
        node().publish("a");
        Path device = Path.of(node().mountsAt(node().stagingPath).getFirst().source());
        Path trigger = Path.of("/sys/fs/ext4", device.getFileName().toString(), "trigger_fs_error");
        assumeTrue(Files.exists(trigger), "needs " + trigger);
        Files.writeString(trigger, "an error for a test");
        assertThatThrownBy(() -> Files.writeString(node().pod("a").resolve("new"), ""))
                .isInstanceOf(IOException.class);

        assertFails(Kind.PRECONDITION, "errors", () -> node().publish("b"));
        assertFails(Kind.PRECONDITION, "still published", node()::stage);
        node().unpublish("a");
        node().stage();
        node().publish("b");
        assertThat(node().pod("b").resolve("file")).hasContent("kept");
        Files.writeString(node().pod("b").resolve("new"), "works");
        assertThat(node().lun.formattingEntries()).isEqualTo(1);
    }

    @Test
    void somethingElseAtTheStagingPathIsRefusedAndKept() throws IOException {
        Files.createDirectories(node().stagingPath);
        Mounts.mount("other", node().stagingPath, "tmpfs", 0, "size=64k");
        assertFails(Kind.PRECONDITION, "something else is mounted", node()::stage);
        assertThat(node().mountsAt(node().stagingPath)).hasSize(1);
        assertThat(node().loops()).isEmpty();
    }

    @Test
    void stagedOtherwiseIsDifferent() {
        node().stage();
        assertFails(
                Kind.DIFFERENT,
                "staged",
                () -> node().staged.stage(node().request(new Usage.Block(), false, false)));
        assertFails(
                Kind.DIFFERENT,
                "staged",
                () ->
                        node().staged
                                .stage(
                                        node().request(
                                                        new Usage.Mount("ext4", List.of()),
                                                        true,
                                                        false)));
    }

    @Test
    void aReadOnlyStageMountsReadOnly() throws IOException {
        node().stage();
        node().unstage();
        node().staged.stage(node().request(new Usage.Mount("ext4", List.of()), true, false));
        assertThat(node().mountsAt(node().stagingPath).getFirst().isReadOnly()).isTrue();
    }

    @Test
    void mountFlagsReachTheMount() throws IOException {
        node().staged
                .stage(
                        node().request(
                                        new Usage.Mount("ext4", List.of("noatime,nosuid")),
                                        false,
                                        false));
        assertThat(node().mountsAt(node().stagingPath).getFirst().options())
                .contains("noatime", "nosuid");
    }

    /** A filesystem that is read-only because its mount options say so hasn't failed. */
    @Test
    void theMountOptionRoIsNoError() throws IOException {
        node().stage();
        node().unstage();
        StageRequest ro = node().request(new Usage.Mount("ext4", List.of("ro")), false, false);
        node().staged.stage(ro);
        node().staged.stage(ro);
        node().publish("a");
        assertThat(node().mountsAt(node().pod("a")).getFirst().isReadOnly()).isTrue();
    }

    @Test
    void aBlockVolumeIsAttachedAndNotFormatted() throws IOException {
        var block = new Usage.Block();
        node().staged.stage(node().request(block, false, false));
        node().staged.stage(node().request(block, false, false));
        assertThat(node().lun.format()).isInstanceOf(FormatState.Blank.class);
        node().published.publish(node().publishRequest("a", block, false));
        node().published.publish(node().publishRequest("a", block, false));
        assertThat(FileStatus.of(node().pod("a")).isBlockDevice()).isTrue();
        assertThat(node().stats.of(NodeUnderTest.VOLUME, node().pod("a")))
                .isEqualTo(new VolumeStats.Stats.OfDevice(NodeUnderTest.VOLUME_BYTES));
        assertFails(Kind.PRECONDITION, "still published", node()::unstage);
        node().unpublish("a");
        node().unstage();
        assertThat(node().loops()).isEmpty();
    }
}
