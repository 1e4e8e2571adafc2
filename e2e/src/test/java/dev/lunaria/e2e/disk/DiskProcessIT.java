package dev.lunaria.e2e.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.Processes;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.disk.v1.BeginFormatRequest;
import dev.lunaria.proto.disk.v1.DetachRequest;
import dev.lunaria.proto.disk.v1.Disk;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.proto.disk.v1.DisksGrpc.DisksBlockingStub;
import dev.lunaria.proto.disk.v1.FinishFormatRequest;
import dev.lunaria.proto.disk.v1.Format;
import dev.lunaria.proto.disk.v1.GetFormatRequest;
import dev.lunaria.proto.disk.v1.ListDisksRequest;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data process as a node plugin sees it: real programs, a real block device. */
@Tag("long")
class DiskProcessIT {
    private static final long MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path root;
    private OneTarget target;
    private ServerProcess process;
    private GrpcChannel channel;

    @BeforeEach
    void startBoth() throws Exception {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for mounts and loop devices");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs the kernel's FUSE: /dev/fuse");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs the kernel's loop driver");
        target = OneTarget.start(root);
        startProcess();
        channel = GrpcChannel.open(new Endpoint.Unix(target.layout().socket("disk")));
    }

    @AfterEach
    void stopBoth() throws Exception {
        if (channel != null) {
            if (!process.isAlive()) {
                startProcess(); // It removes what the one before has left.
            }
            for (Disk disk : list()) {
                detach(disk.getVolumeId(), true);
            }
            channel.close();
            assertThat(process.terminate(PATIENCE)).isTrue();
            assertNothingIsLeft();
        }
        if (target != null) {
            target.close();
        }
    }

    private void startProcess() throws IOException, InterruptedException {
        process =
                ServerProcess.start(
                        target.layout(),
                        "disk",
                        target.distribution().nodePlugin(),
                        List.of(
                                "disk",
                                "--node-name",
                                OneTarget.NODE,
                                "--state-folder",
                                target.layout().state("disk").toString(),
                                "--disk-socket",
                                "unix://" + target.layout().socket("disk")),
                        target.layout().socket("disk"));
    }

    private void assertNothingIsLeft() throws IOException {
        assertThat(MountTable.read().below(root)).isEmpty();
        for (int number : LoopDevices.inUse()) {
            assertThat(LoopDevices.backingFile(number).orElse("")).doesNotContain(root.toString());
        }
    }

    private DisksBlockingStub disks() {
        return DisksGrpc.newBlockingStub(channel.channel())
                .withWaitForReady()
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private List<Disk> list() {
        return disks().listDisks(ListDisksRequest.getDefaultInstance()).getDisksList();
    }

    private void detach(String volumeId, boolean discard) {
        var _ =
                disks().detach(
                                DetachRequest.newBuilder()
                                        .setVolumeId(volumeId)
                                        .setDiscardWrites(discard)
                                        .build());
    }

    private Format format(String volumeId) {
        return disks().getFormat(GetFormatRequest.newBuilder().setVolumeId(volumeId).build());
    }

    private Format finish(String volumeId, long generation) {
        return disks().finishFormat(
                        FinishFormatRequest.newBuilder()
                                .setVolumeId(volumeId)
                                .setGeneration(generation)
                                .build());
    }

    private Lun granted() {
        Lun lun = target.createLun(128 * MIB);
        target.grant(lun, 1, Access.READ_WRITE);
        return lun;
    }

    private static void assertCode(Status.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
    }

    private static void write(Disk disk, String text) throws IOException {
        try (FileChannel device =
                FileChannel.open(Path.of(disk.getDevice()), StandardOpenOption.WRITE)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            device.write(ByteBuffer.allocate(4096).put(bytes).clear(), MIB);
            device.force(false);
        }
    }

    private static String read(Disk disk) throws IOException {
        try (FileChannel device =
                FileChannel.open(Path.of(disk.getDevice()), StandardOpenOption.READ)) {
            ByteBuffer block = ByteBuffer.allocate(16);
            device.read(block, MIB);
            return new String(block.array(), StandardCharsets.UTF_8).replace("\0", "");
        }
    }

    @Test
    void attachMakesADeviceOnceAndDetachRemovesIt() throws Exception {
        Lun lun = granted();
        AttachRequest request = target.attach(lun, 1);
        Disk disk = disks().attach(request);
        assertThat(disk.getState()).isEqualTo(Disk.State.ONLINE);
        assertThat(disk.getSizeBytes()).isEqualTo(128 * MIB);
        assertThat(disk.getIdentity()).isEqualTo(lun.getLun());
        assertThat(disks().attach(request)).isEqualTo(disk);
        write(disk, "something");
        detach(disk.getVolumeId(), false);
        assertThat(list()).isEmpty();
        detach(disk.getVolumeId(), false);
        assertThat(read(disks().attach(request))).isEqualTo("something");
    }

    @Test
    void whatIsWrongIsSaidByItsCode() throws Exception {
        AttachRequest right = target.attach(granted(), 1);
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> disks().attach(right.toBuilder().clearVolumeId().build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> disks().attach(right.toBuilder().setPortals(0, "nowhere:x").build()));
        assertCode(
                Status.Code.PERMISSION_DENIED,
                () -> disks().attach(right.toBuilder().setInitiatorSecret("guessed").build()));
        AttachRequest another =
                right.toBuilder().setIdentity("00000000-0000-4000-8000-000000000000").build();
        assertCode(Status.Code.FAILED_PRECONDITION, () -> disks().attach(another));
        assertCode(Status.Code.NOT_FOUND, () -> format("nothing"));
        target.kill();
        assertCode(Status.Code.UNAVAILABLE, () -> disks().attach(right));
        target.restart();
        assertThat(list()).isEmpty();
    }

    @Test
    void aNewerEpochDestroysTheOlderDiskAndAnOlderOneIsRefused() throws Exception {
        Lun lun = granted();
        Disk old = disks().attach(target.attach(lun, 1));
        write(old, "first epoch");
        target.revoke(lun);
        target.grant(lun, 2, Access.READ_WRITE);
        Disk next = disks().attach(target.attach(lun, 2));
        assertThat(next.getEpoch()).isEqualTo(2);
        assertThat(read(next)).isEqualTo("first epoch");
        assertThat(list()).hasSize(1);
        assertCode(Status.Code.FAILED_PRECONDITION, () -> disks().attach(target.attach(lun, 1)));
    }

    @Test
    void aFencedDiskIsShownAndItsWritesFail() throws Exception {
        Lun lun = granted();
        Disk disk = disks().attach(target.attach(lun, 1));
        target.revoke(lun);
        assertThatThrownBy(() -> write(disk, "too late")).isInstanceOf(IOException.class);
        Disk fenced = list().getFirst();
        assertThat(fenced.getState()).isEqualTo(Disk.State.FENCED);
        assertThat(fenced.getMessage()).contains("refuses the login");
        detach(disk.getVolumeId(), false);
        assertThat(list()).isEmpty();
    }

    @Test
    void aMountedDiskIsNotDetachedButByForce() throws Exception {
        Disk disk = disks().attach(target.attach(granted(), 1));
        Path mounted = mountExt4(disk);
        assertCode(Status.Code.FAILED_PRECONDITION, () -> detach(disk.getVolumeId(), false));
        Files.writeString(mounted.resolve("file"), "contents");
        detach(disk.getVolumeId(), true);
        assertThat(MountTable.read().at(mounted)).isEmpty();
        assertThat(list()).isEmpty();
    }

    @Test
    void formatsOnceThroughTheFormatState() {
        String id = disks().attach(target.attach(granted(), 1)).getVolumeId();
        Format blank = format(id);
        assertThat(blank.getState()).isEqualTo(Format.State.BLANK);
        BeginFormatRequest begin =
                BeginFormatRequest.newBuilder()
                        .setVolumeId(id)
                        .setGeneration(blank.getGeneration())
                        .setFilesystem("ext4")
                        .build();
        Format mine = disks().beginFormat(begin);
        assertThat(mine.getMine()).isTrue();
        assertCode(Status.Code.ABORTED, () -> finish(id, mine.getGeneration() + 7));
        Format ready = finish(id, mine.getGeneration());
        assertThat(ready.getState()).isEqualTo(Format.State.READY);
        assertThat(ready.getFormattingEntries()).isEqualTo(1);
        BeginFormatRequest again = begin.toBuilder().setGeneration(ready.getGeneration()).build();
        assertCode(Status.Code.FAILED_PRECONDITION, () -> disks().beginFormat(again));
    }

    @Test
    void killedUnderAMountItLosesTheMountButNothingFlushedAndTheNextOneCleansUp() throws Exception {
        Lun lun = granted();
        Path mounted = mountExt4(disks().attach(target.attach(lun, 1)));
        Files.writeString(mounted.resolve("flushed"), "safe", StandardOpenOption.CREATE_NEW);
        try (FileChannel file = FileChannel.open(mounted.resolve("flushed"))) {
            file.force(true);
        }
        process.kill();
        startProcess();
        assertNothingIsLeft();
        assertContent(lun, mounted, "flushed", "safe");
    }

    @Test
    void stoppedUnderAMountItWritesBackFirst() throws Exception {
        Lun lun = granted();
        Path mounted = mountExt4(disks().attach(target.attach(lun, 1)));
        Files.writeString(mounted.resolve("dirty"), "written back");
        assertThat(process.terminate(PATIENCE)).isTrue();
        startProcess();
        assertNothingIsLeft();
        assertContent(lun, mounted, "dirty", "written back");
    }

    /** What systemd has done at the shutdown of a host; then there is nothing to lose. */
    @Test
    void atAShutdownWhatIsMountedIsUnmountedAndTheSessionsLogOut() throws Exception {
        Lun lun = granted();
        Path mounted = mountExt4(disks().attach(target.attach(lun, 1)));
        Files.writeString(mounted.resolve("dirty"), "written back");
        try (FileChannel open = FileChannel.open(mounted.resolve("dirty"))) {
            assertThat(open.size()).isPositive();
            assertThat(unmountDisks(1)).isEqualTo(1);
        }
        assertThat(unmountDisks(30)).isZero();
        assertThat(MountTable.read().at(mounted)).isEmpty();
        assertThat(process.terminate(PATIENCE)).isTrue();
        assertNothingIsLeft();
        assertThat(target.sessions(lun)).isZero();
        startProcess();
        assertContent(lun, mounted, "dirty", "written back");
    }

    /** A restart of the disk process alone takes no mount away under its users. */
    @Test
    void unmountDisksDoesNothingWhereTheHostDoesNotShutDown() throws Exception {
        Path mounted = mountExt4(disks().attach(target.attach(granted(), 1)));
        assertThat(unmountDisks(0, "--at-shutdown")).isZero();
        assertThat(MountTable.read().at(mounted)).hasSize(1);
        Mounts.unmount(mounted, 0);
    }

    /** Its users may still be on their way out: their mounts are waited for. */
    @Test
    void stoppedUnderAMountItWaitsForItToGo() throws Exception {
        Lun lun = granted();
        Path mounted = mountExt4(disks().attach(target.attach(lun, 1)));
        Files.writeString(mounted.resolve("late"), "written back");
        try (FileChannel open = FileChannel.open(mounted.resolve("late"))) {
            Processes.kill(process.pid(), Processes.SIGTERM);
            assertThat(open.size()).isPositive();
        }
        Mounts.unmount(mounted, 0);
        assertThat(process.terminate(PATIENCE)).isTrue();
        assertThat(target.sessions(lun)).isZero();
        startProcess();
        assertContent(lun, mounted, "late", "written back");
    }

    private int unmountDisks(int seconds, String... flags) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(
                target.distribution().project().resolve("deploy/systemd/unmount-disks").toString());
        command.addAll(List.of(flags));
        command.add(target.layout().state("disk").toString());
        command.add(Integer.toString(seconds));
        Process script = new ProcessBuilder(command).inheritIO().start();
        assertThat(script.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return script.exitValue();
    }

    @Test
    void whatIsInUseIsNamed() throws Exception {
        Disk disk = disks().attach(target.attach(granted(), 1));
        Path mounted = mountExt4(disk);
        assertThatThrownBy(() -> detach(disk.getVolumeId(), false))
                .hasMessageContaining("mounted at " + mounted.toRealPath());
        Mounts.unmount(mounted, 0);
    }

    /** traps-storage 28: a read-only grant, a dirty journal, and a mount all the same. */
    @Test
    void aDirtyJournalIsReplayedIntoWritesThatStayHere() throws Exception {
        Lun lun = granted();
        Path mounted = mountExt4(disks().attach(target.attach(lun, 1)));
        Path file = mounted.resolve("file");
        Files.writeString(file, "only in the journal");
        try (FileChannel open = FileChannel.open(file)) {
            open.force(true);
        }
        process.kill();
        target.revoke(lun);
        target.grant(lun, 2, Access.READ_ONLY);
        startProcess();
        AttachRequest reading = target.attach(lun, 2).toBuilder().setReadOnly(true).build();
        Disk plain = disks().attach(reading);
        assertThatThrownBy(() ->
                        Mounts.mount(plain.getDevice(), mounted, "ext4", Mounts.MS_RDONLY, ""))
                .isInstanceOf(LinuxException.class);
        detach(plain.getVolumeId(), false);
        Disk disk = disks().attach(reading.toBuilder().setPrivateWrites(true).build());
        Mounts.mount(disk.getDevice(), mounted, "ext4", Mounts.MS_RDONLY, "");
        assertThat(file).hasContent("only in the journal");
        Mounts.unmount(mounted, 0);
        detach(disk.getVolumeId(), false);
    }

    private void assertContent(Lun lun, Path mounted, String file, String content)
            throws IOException {
        Disk again = disks().attach(target.attach(lun, 1));
        Mounts.mount(again.getDevice(), mounted, "ext4", 0, "");
        assertThat(mounted.resolve(file)).hasContent(content);
        Mounts.unmount(mounted, 0);
    }

    private Path mountExt4(Disk disk) throws Exception {
        Process mkfs =
                new ProcessBuilder("mkfs.ext4", "-q", disk.getDevice())
                        .redirectErrorStream(true)
                        .start();
        String out = new String(mkfs.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(mkfs.waitFor()).as(out).isZero();
        Path mounted = Files.createDirectories(root.resolve("mounted"));
        Mounts.mount(disk.getDevice(), mounted, "ext4", 0, "");
        return mounted;
    }
}
