package dev.lunaria.node.volume;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.attach.FakeLun;
import dev.lunaria.node.attach.LoopDisks;
import dev.lunaria.node.attach.StoppingBackend;
import dev.lunaria.node.cluster.Heartbeats;
import dev.lunaria.node.cluster.NoSharedFilesystems;
import dev.lunaria.node.format.Formatter;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.node.mount.MountPoints;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node plugin without its gRPC edge, over fake volumes on real loop devices and mounts. */
final class NodeUnderTest implements AutoCloseable {
    static final String VOLUME = "3c9e/7f01";
    static final long VOLUME_BYTES = 32L << 20;

    final Path folder;
    final LoopDisks disks = new LoopDisks();
    final StoppingBackend backend = new StoppingBackend(disks);
    final FakeLun lun;
    final Path stagingPath;
    private final KernelCalls kernel = new KernelCalls();
    final MountPoints mounts = new MountPoints(kernel);
    StagedVolumes staged;
    PublishedVolumes published;
    VolumeGrowth growth;
    VolumeStats stats;
    VolumeConditions conditions;

    NodeUnderTest(Path folder) throws IOException {
        this(folder, VOLUME_BYTES);
    }

    NodeUnderTest(Path folder, long volumeBytes) throws IOException {
        this.folder = folder;
        this.stagingPath = folder.resolve("staging/globalmount");
        Path file = folder.resolve("lun");
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(volumeBytes);
        }
        this.lun = new FakeLun(file);
        disks.add(VOLUME, lun);
        Parts parts = start();
        this.staged = parts.staged();
        this.published = parts.published();
        this.growth = parts.growth();
        this.stats = parts.stats();
        this.conditions = parts.conditions();
    }

    private record Parts(
            StagedVolumes staged,
            PublishedVolumes published,
            VolumeGrowth growth,
            VolumeStats stats,
            VolumeConditions conditions,
            UnusedDisks unused) {}

    /** The plugin is started again: nothing is left of it but its state folder and the kernel's. */
    void restart() {
        Parts parts = start();
        staged = parts.staged();
        published = parts.published();
        growth = parts.growth();
        stats = parts.stats();
        conditions = parts.conditions();
    }

    private Parts start() {
        VolumeRecords records = VolumeRecords.open(folder.resolve("state"));
        var identity = new NodeIdentity("mybox0", "cluster", "iqn.2026-11.dev.lunaria:mybox0");
        InstallationKeys keys =
                InstallationKeys.of(Map.of("k1", Secret.of("0123456789abcdef")), "k1");
        var disksOfNode = new Disks(backend, () -> identity, () -> keys, new Heartbeats());
        var locks = new VolumeLocks();
        var formatter = new Formatter(backend, kernel, () -> "none");
        var filesystems = new VolumeFilesystems(mounts, kernel, new NoSharedFilesystems());
        var stagedVolumes =
                new StagedVolumes(locks, records, disksOfNode, formatter, filesystems, mounts);
        return new Parts(
                stagedVolumes,
                new PublishedVolumes(locks, records, disksOfNode, mounts, stagedVolumes),
                new VolumeGrowth(locks, records, disksOfNode, mounts, stagedVolumes, filesystems),
                new VolumeStats(records, disksOfNode, mounts),
                new VolumeConditions(records, disksOfNode, mounts, stagedVolumes),
                new UnusedDisks(locks, records, disksOfNode, kernel));
    }

    /** As a plugin that has just been started would clean up. */
    UnusedDisks unusedDisks() {
        return start().unused();
    }

    PublishContext context() {
        return new PublishContext(
                List.of("127.0.0.1:3260"),
                "iqn.2026-11.dev.lunaria:3c9e:7f01",
                lun.identity,
                lun.grantedEpoch(),
                "k1");
    }

    StageRequest request() {
        return request(new Usage.Mount("ext4", List.of()), false, false);
    }

    StageRequest request(Usage usage, boolean readOnly, boolean onePath) {
        return new StageRequest(VOLUME, context(), stagingPath, usage, readOnly, onePath);
    }

    void stage() {
        staged.stage(request());
    }

    void unstage() {
        staged.unstage(VOLUME, stagingPath);
    }

    Path pod(String name) {
        return folder.resolve("pods/" + name + "/mount");
    }

    PublishRequest publishRequest(String pod, boolean readOnly) {
        return publishRequest(pod, new Usage.Mount("ext4", List.of()), readOnly);
    }

    PublishRequest publishRequest(String pod, Usage usage, boolean readOnly) {
        return new PublishRequest(
                VOLUME, Optional.of(context()), stagingPath, pod(pod), usage, readOnly);
    }

    void publish(String pod) {
        published.publish(publishRequest(pod, false));
    }

    /** Expands it at the path where it is staged. */
    long expand(long requiredBytes) {
        return growth.expand(new ExpandRequest(VOLUME, stagingPath, requiredBytes, 0));
    }

    void unpublish(String pod) {
        published.unpublish(VOLUME, pod(pod));
    }

    List<MountInfo> mountsAt(Path path) throws IOException {
        return MountTable.read().at(path);
    }

    List<MountInfo> allMounts() throws IOException {
        return MountTable.read().below(folder);
    }

    /** Loop devices over the volume's file. */
    List<Integer> loops() throws IOException {
        return LoopDevices.inUse().stream().filter(this::isOurs).toList();
    }

    private boolean isOurs(int number) {
        try {
            return LoopDevices.backingFile(number)
                    .filter(file -> file.startsWith(folder.toString()))
                    .isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes whatever the test left. */
    @Override
    public void close() throws IOException {
        List<MountInfo> left = allMounts();
        for (int i = left.size() - 1; i >= 0; i--) {
            Mounts.unmount(left.get(i).mountPoint(), Mounts.MNT_DETACH);
        }
        disks.die();
        for (int number : loops()) {
            try (Descriptor device =
                    FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDONLY, 0)) {
                LoopDevices.clear(device);
            }
        }
        kernel.close();
    }
}
