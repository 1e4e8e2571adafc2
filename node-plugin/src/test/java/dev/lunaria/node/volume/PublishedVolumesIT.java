package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publish, unpublish and stats on real mounts; in any order, repeated, after a restart. */
final class PublishedVolumesIT {
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

    @Test
    void publishAndUnpublishMayBeRepeated() throws IOException {
        node().stage();
        node().publish("a");
        node().publish("a");
        Files.writeString(node().pod("a").resolve("file"), "hello");
        assertThat(node().stagingPath.resolve("file")).hasContent("hello");
        assertThat(node().mountsAt(node().pod("a"))).hasSize(1);
        node().unpublish("a");
        node().unpublish("a");
        assertThat(node().pod("a")).doesNotExist();
        node().unstage();
    }

    /** CSI spec#477, #610: unpublish arrives before, or without, publish. */
    @Test
    void unpublishOfWhatWasNeverPublishedIsOk() {
        node().unpublish("a");
        node().stage();
        node().unpublish("a");
    }

    @Test
    void publishOfWhatIsNotStagedIsRefused() {
        assertFails(Kind.PRECONDITION, "isn't staged", () -> node().publish("a"));
        node().stage();
        node().unstage();
        assertFails(Kind.PRECONDITION, "isn't staged", () -> node().publish("a"));
    }

    @Test
    void aReadOnlyPathRefusesWritesAndOthersDont() throws IOException {
        node().stage();
        node().publish("a");
        node().published.publish(node().publishRequest("b", true));
        Files.writeString(node().pod("a").resolve("file"), "hello");
        assertThat(node().pod("b").resolve("file")).hasContent("hello");
        assertThatThrownBy(() -> Files.writeString(node().pod("b").resolve("no"), ""))
                .isInstanceOf(FileSystemException.class);
        assertFails(
                Kind.DIFFERENT,
                "published",
                () -> node().published.publish(node().publishRequest("b", false)));
        assertFails(
                Kind.DIFFERENT,
                "published",
                () -> node().published.publish(node().publishRequest("a", true)));
    }

    @Test
    void oneKilledBeforeItsPathBecameReadOnlyIsFinished() throws IOException {
        node().stage();
        node().published.publish(node().publishRequest("a", true));
        // As it would be found had the plugin died between the bind mount and the remount.
        Mounts.unmount(node().pod("a"), 0);
        Mounts.bind(node().stagingPath, node().pod("a"));
        node().restart();
        node().published.publish(node().publishRequest("a", true));
        assertThat(node().mountsAt(node().pod("a")).getLast().isReadOnly()).isTrue();
    }

    /** SINGLE_NODE_SINGLE_WRITER. */
    @Test
    void aSecondPathOfASingleWriterIsRefused() {
        node().staged.stage(node().request(new Usage.Mount("ext4", List.of()), false, true));
        node().publish("a");
        node().publish("a");
        assertFails(Kind.PRECONDITION, "allows one path", () -> node().publish("b"));
        node().unpublish("a");
        node().publish("b");
    }

    /** ReadWriteOncePod of a raw device. */
    @Test
    void aSecondPathOfASingleWriterOfARawDeviceIsRefused() {
        var block = new Usage.Block();
        node().staged.stage(node().request(block, false, true));
        node().published.publish(node().publishRequest("a", block, false));
        node().published.publish(node().publishRequest("a", block, false));
        assertFails(
                Kind.PRECONDITION,
                "allows one path",
                () -> node().published.publish(node().publishRequest("b", block, false)));
    }

    /** ReadOnlyMany: the loop device itself refuses. */
    @Test
    void aRawDeviceThatIsOnlyReadRefusesWrites() throws IOException {
        var block = new Usage.Block();
        node().staged.stage(node().request(block, true, false));
        node().published.publish(node().publishRequest("a", block, true));
        assertThatThrownBy(() -> Files.write(node().pod("a"), new byte[4096]))
                .isInstanceOf(IOException.class);
        assertThat(node().lun.format()).isInstanceOf(FormatState.Blank.class);
    }

    /** A read-only mount of a device's node would keep nobody from writing to the device. */
    @Test
    void aRawDeviceStagedForWritingIsNotSaidToBeReadOnlyAtAPath() {
        var block = new Usage.Block();
        node().staged.stage(node().request(block, false, false));
        assertFails(
                Kind.PRECONDITION,
                "can't be read-only at one path",
                () -> node().published.publish(node().publishRequest("a", block, true)));
        assertThat(node().pod("a")).doesNotExist();
    }

    /** csi-driver-lvm#140. */
    @Test
    void aRestartedPluginGoesOn() throws IOException {
        node().stage();
        node().publish("a");
        node().restart();
        node().publish("a");
        assertThat(node().mountsAt(node().pod("a"))).hasSize(1);
        node().restart();
        node().unpublish("a");
        node().unstage();
        assertThat(node().allMounts()).isEmpty();
    }

    @Test
    void somethingElseAtTheTargetPathIsRefusedAndKept() throws IOException {
        node().stage();
        Files.createDirectories(node().pod("a"));
        Mounts.mount("other", node().pod("a"), "tmpfs", 0, "size=64k");
        assertFails(Kind.PRECONDITION, "something else is mounted", () -> node().publish("a"));
        assertThat(node().mountsAt(node().pod("a"))).hasSize(1);
    }

    @Test
    void unpublishRemovesNoData() throws IOException {
        Files.createDirectories(node().pod("a"));
        Files.writeString(node().pod("a").resolve("precious"), "data");
        assertFails(Kind.BROKEN, "", () -> node().unpublish("a"));
        assertThat(node().pod("a").resolve("precious")).hasContent("data");
    }

    @Test
    void publishAfterTheDiskProcessDiedStagesAnew() throws IOException {
        node().stage();
        node().publish("a");
        Files.writeString(node().pod("a").resolve("file"), "kept");
        node().disks.die();
        node().publish("b");
        assertThat(node().pod("b").resolve("file")).hasContent("kept");
        assertThat(node().mountsAt(node().pod("a"))).isEmpty();
        node().publish("a");
        assertThat(node().pod("a").resolve("file")).hasContent("kept");
        node().unpublish("a");
        node().unpublish("b");
        node().unstage();
        assertThat(node().loops()).isEmpty();
    }

    @Test
    void statsAreThoseOfTheFilesystem() {
        node().stage();
        node().publish("a");
        assertThat(node().stats.of(NodeUnderTest.VOLUME, node().pod("a")))
                .isInstanceOfSatisfying(
                        VolumeStats.Stats.OfFilesystem.class,
                        stats -> {
                            assertThat(stats.status().totalBytes())
                                    .isBetween(
                                            NodeUnderTest.VOLUME_BYTES / 2,
                                            NodeUnderTest.VOLUME_BYTES);
                            assertThat(stats.status().totalInodes()).isPositive();
                        });
    }

    @Test
    void statsOfWhatIsNotThereAreNotFound() {
        assertFails(
                Kind.NOT_FOUND, "isn't staged", () -> node().stats.of("unknown", node().pod("a")));
        node().stage();
        assertFails(
                Kind.NOT_FOUND,
                "isn't at",
                () -> node().stats.of(NodeUnderTest.VOLUME, node().pod("a")));
    }
}
