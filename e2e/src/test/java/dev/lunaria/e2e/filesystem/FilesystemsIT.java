package dev.lunaria.e2e.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode;
import dev.lunaria.proto.csi.v1.VolumeCapability.MountVolume;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.LunsGrpc;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ext4, XFS and btrfs over all programs: what pods are promised of each. */
class FilesystemsIT {
    private static final long SIZE = 512L << 20;
    private static final long LARGER = 1L << 30;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static InstallationUnderTest underTest;
    private static Installation installation;
    private static Orchestrator orchestrator;
    private static NodeHost first;
    private static NodeHost second;

    @BeforeAll
    static void install() throws Exception {
        Requirements.tool("mkfs.xfs");
        Requirements.tool("mkfs.btrfs");
        underTest = InstallationUnderTest.start("filesystems-it");
        installation = underTest.installation();
        orchestrator = new Orchestrator(installation);
        first = installation.addHost("mybox0");
        second = installation.addHost("mybox1");
        for (NodeHost host : new NodeHost[] {first, second}) {
            assertThat(orchestrator.nodeId(host)).isEqualTo(host.name());
        }
    }

    @AfterAll
    static void remove() throws Exception {
        if (underTest != null) {
            underTest.remove();
        }
    }

    private static Orchestrator using(String filesystem, AccessMode.Mode mode) {
        return orchestrator.using(
                VolumeCapability.newBuilder()
                        .setMount(MountVolume.newBuilder().setFsType(filesystem))
                        .setAccessMode(AccessMode.newBuilder().setMode(mode))
                        .build());
    }

    private static Path start(Orchestrator calls, Volume volume, NodeHost host, String pod)
            throws IOException {
        Map<String, String> context = calls.controllerPublish(volume, host);
        calls.stage(volume, host, context);
        return calls.publish(volume, host, context, pod);
    }

    private static void stop(Orchestrator calls, Volume volume, NodeHost host, String pod) {
        calls.unpublish(volume, host, pod);
        calls.unstage(volume, host);
        calls.controllerUnpublish(volume, host);
    }

    private static void writeDurably(Path file, String text) throws IOException {
        Files.writeString(file, text);
        try (FileChannel open = FileChannel.open(file)) {
            open.force(true);
        }
    }

    /**
     * longhorn#8796, kubernetes#94929: restored from a snapshot of a mounted volume, beside it on
     * the same host, and larger. Then traps-storage 28: the snapshot, read on both hosts.
     */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void a_restore_is_used_beside_its_original_and_read_on_both_hosts(String filesystem)
            throws Exception {
        Orchestrator writing = using(filesystem, AccessMode.Mode.SINGLE_NODE_WRITER);
        Volume original = writing.create("original-" + filesystem, SIZE);
        Path pod = start(writing, original, first, "original");
        writeDurably(pod.resolve("file"), "in the journal alone");
        Snapshot snapshot = writing.snapshot("snapshot-" + filesystem, original);
        writeDurably(pod.resolve("file"), "written afterwards!!");

        Volume restored = writing.restore("restored-" + filesystem, LARGER, snapshot);
        Path beside = start(writing, restored, first, "restored");
        assertThat(beside.resolve("file")).hasContent("in the journal alone");
        assertThat(FileSystemStatus.of(beside).totalBytes()).isGreaterThan(LARGER * 3 / 4);
        writeDurably(beside.resolve("file"), "of the copy");
        assertThat(pod.resolve("file")).hasContent("written afterwards!!");
        stop(writing, restored, first, "restored");

        Volume shown = writing.restore("shown-" + filesystem, SIZE, snapshot);
        Orchestrator reading = using(filesystem, AccessMode.Mode.MULTI_NODE_READER_ONLY);
        // One after the other: both hosts have this machine's kernel, which mounts a UUID once.
        for (NodeHost host : new NodeHost[] {first, second}) {
            Path reader = start(reading, shown, host, "reader");
            assertThat(reader.resolve("file")).hasContent("in the journal alone");
            assertThatThrownBy(() -> Files.writeString(reader.resolve("new"), ""))
                    .hasMessageContaining("Read-only");
            stop(reading, shown, host, "reader");
        }
        stop(writing, original, first, "original");
        for (Volume volume : new Volume[] {original, restored, shown}) {
            writing.delete(volume);
        }
        writing.delete(snapshot);
    }

    /** synology#22: what a pod deletes comes back to the pool. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void space_of_deleted_files_comes_back_to_the_pool(String filesystem) throws Exception {
        Orchestrator calls = using(filesystem, AccessMode.Mode.SINGLE_NODE_WRITER);
        Volume volume = calls.create("trimmed-" + filesystem, SIZE);
        Path pod = start(calls, volume, first, "deletes");
        long blank = allocatedBytes(volume);
        Path file = pod.resolve("file");
        Files.write(file, new byte[64 << 20]);
        try (FileChannel open = FileChannel.open(file)) {
            open.force(true);
        }
        assertThat(allocatedBytes(volume)).isGreaterThan(blank + (60L << 20));
        Files.delete(file);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (allocatedBytes(volume) > blank + (16L << 20)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            writeDurably(pod.resolve("commit"), "so that the deletion is committed");
        }
        stop(calls, volume, first, "deletes");
        calls.delete(volume);
    }

    private static long allocatedBytes(Volume volume) {
        String[] id = volume.getVolumeId().split("/", -1);
        return LunsGrpc.newBlockingStub(installation.admin().channel())
                .getLun(GetLunRequest.newBuilder().setPool(id[0]).setLun(id[1]).build())
                .getAllocatedBytes();
    }
}
