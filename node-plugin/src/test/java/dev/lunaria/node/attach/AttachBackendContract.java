package dev.lunaria.node.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every attach backend does. Each implementation has a test that extends this one. */
abstract class AttachBackendContract {
    /** The volume that the implementation's test offers. */
    static final String VOLUME = "pool/lun";

    /** The backend under test, with {@link #VOLUME} granted and never written. */
    abstract AttachBackend backend();

    /** The volume's identity. */
    abstract UUID identity();

    /** The epoch that is granted now. */
    abstract long grantedEpoch();

    /** Grows the volume at the target. */
    abstract void grow(long bytes) throws IOException;

    /** Fences the node and grants again, with the next epoch. */
    abstract void fenceAndGrantAgain();

    @BeforeEach
    void needsLoopDevices() {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for loop devices");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs /dev/loop-control");
    }

    @AfterEach
    void leaveNothing() {
        if (Processes.effectiveUserId() == 0) {
            backend().detach(VOLUME, true);
        }
    }

    private AttachSpec spec(long epoch, UUID identity) {
        return spec(epoch, identity, false, false);
    }

    private static AttachSpec spec(
            long epoch, UUID identity, boolean readOnly, boolean privateWrites) {
        return new AttachSpec(
                VOLUME,
                epoch,
                "iqn.2026-11.dev.lunaria:pool:lun",
                List.of("127.0.0.1:3260"),
                "iqn.2026-11.dev.lunaria:node:mybox0",
                identity,
                new ChapSecretDerivation.Secrets(Secret.of("a"), Secret.of("b")),
                new AttachSpec.SecretOrigin(
                        "k1", new ChapSecretDerivation.Grant("c", VOLUME, "mybox0", epoch)),
                readOnly,
                privateWrites);
    }

    private AttachedDisk attach() {
        return backend().attach(spec(grantedEpoch(), identity()));
    }

    private static void assertFails(Kind kind, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NodeFailure.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void anAttachedVolumeIsABlockDeviceOfItsSize() throws IOException {
        AttachedDisk disk = attach();
        assertThat(FileStatus.of(disk.device()).isBlockDevice()).isTrue();
        assertThat(disk.sizeBytes()).isPositive();
        assertThat(disk.identity()).isEqualTo(identity());
        assertThat(disk.state()).isEqualTo(AttachedDisk.State.ONLINE);
        assertThat(backend().list()).containsExactly(disk);
    }

    @Test
    void attachRepeatedGivesTheSameDisk() {
        assertThat(attach()).isEqualTo(attach());
    }

    @Test
    void detachRemovesItAndMayBeRepeated() {
        attach();
        backend().detach(VOLUME, false);
        assertThat(backend().list()).isEmpty();
        backend().detach(VOLUME, false);
        backend().detach(VOLUME, true);
    }

    @Test
    void aFencedEpochIsRefusedAndANewerOneReplacesIt() {
        long before = grantedEpoch();
        attach();
        fenceAndGrantAgain();
        assertFails(Kind.PRECONDITION, () -> backend().attach(spec(before, identity())));
        AttachedDisk after = attach();
        assertThat(after.epoch()).isEqualTo(before + 1);
        assertThat(backend().list()).containsExactly(after);
    }

    @Test
    void aVolumeThatIsOnlyReadIsADeviceThatRefusesWrites() throws IOException {
        AttachedDisk disk = backend().attach(spec(grantedEpoch(), identity(), true, false));
        assertThat(disk.readOnly()).isTrue();
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            assertThat(BlockDevices.isReadOnly(device)).isTrue();
        }
    }

    /** traps-storage 28: what a replayed journal writes is read back, and nobody else sees it. */
    @Test
    void privateWritesAreReadBackAndEndWithTheDevice() throws IOException {
        put(attach(), "the volume's");
        backend().detach(VOLUME, false);
        AttachSpec reading = spec(grantedEpoch(), identity(), true, true);
        AttachedDisk disk = backend().attach(reading);
        assertThat(disk.readOnly()).isTrue();
        assertThat(get(disk)).isEqualTo("the volume's");
        put(disk, "this node's");
        assertThat(get(disk)).isEqualTo("this node's");
        backend().detach(VOLUME, false);
        assertThat(get(backend().attach(reading))).isEqualTo("the volume's");
    }

    private static void put(AttachedDisk disk, String text) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(4096);
        block.put(text.getBytes(StandardCharsets.UTF_8)).clear();
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDWR, 0)) {
            FileIo.writeFully(device, block, 1 << 20, 0);
            FileControl.fsync(device);
            BlockDevices.flushBuffers(device);
        }
    }

    private static String get(AttachedDisk disk) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(4096);
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            FileIo.readFully(device, block, 1 << 20);
        }
        return StandardCharsets.UTF_8.decode(block.flip()).toString().replace("\0", "");
    }

    /** tns-csi#208, democratic-csi#559: never another volume's device. */
    @Test
    void anotherLogicalUnitIsRefused() {
        assertFails(
                Kind.PRECONDITION, () -> backend().attach(spec(grantedEpoch(), UUID.randomUUID())));
        assertThat(backend().list()).isEmpty();
    }

    /** traps-storage 33: the event may be lost, so the size is asked for. */
    @Test
    void aVolumeThatHasGrownIsALargerDeviceWhenAskedFor() throws IOException {
        AttachedDisk small = attach();
        grow(2 * small.sizeBytes());
        AttachedDisk large = backend().refreshSize(VOLUME);
        assertThat(large.sizeBytes()).isEqualTo(2 * small.sizeBytes());
        assertThat(backend().refreshSize(VOLUME)).isEqualTo(large);
        assertThat(backend().list()).containsExactly(large);
        try (Descriptor device = FileIo.open(large.device(), OpenFlags.O_RDONLY, 0)) {
            assertThat(BlockDevices.sizeBytes(device)).isEqualTo(large.sizeBytes());
        }
    }

    @Test
    void theSizeOfWhatIsNotAttachedOrFencedIsRefused() {
        assertFails(Kind.NOT_FOUND, () -> backend().refreshSize(VOLUME));
        attach();
        fenceAndGrantAgain();
        assertFails(Kind.PRECONDITION, () -> backend().refreshSize(VOLUME));
    }

    @Test
    void formatStateGoesFromBlankToFormattingToReady() {
        attach();
        FormatState blank = backend().format(VOLUME);
        assertThat(blank).isInstanceOf(FormatState.Blank.class);
        FormatState begun = backend().beginFormat(VOLUME, blank.generation(), "ext4");
        assertThat(begun)
                .isInstanceOfSatisfying(
                        FormatState.Formatting.class,
                        f -> {
                            assertThat(f.mine()).isTrue();
                            assertThat(f.filesystem()).isEqualTo("ext4");
                            assertThat(f.generation()).isGreaterThan(blank.generation());
                        });
        assertThat(backend().finishFormat(VOLUME, begun.generation()))
                .isInstanceOfSatisfying(
                        FormatState.Ready.class, r -> assertThat(r.filesystem()).isEqualTo("ext4"));
        assertThat(backend().format(VOLUME)).isInstanceOf(FormatState.Ready.class);
    }

    @Test
    void formatStateIsComparedAndSet() {
        attach();
        long generation = backend().format(VOLUME).generation();
        backend().beginFormat(VOLUME, generation, "ext4");
        assertFails(Kind.BUSY, () -> backend().beginFormat(VOLUME, generation, "ext4"));
        assertFails(Kind.BUSY, () -> backend().finishFormat(VOLUME, generation));
    }

    @Test
    void aReadyVolumeIsNeverFormattedAgain() {
        attach();
        FormatState begun =
                backend().beginFormat(VOLUME, backend().format(VOLUME).generation(), "ext4");
        FormatState ready = backend().finishFormat(VOLUME, begun.generation());
        assertFails(
                Kind.PRECONDITION, () -> backend().beginFormat(VOLUME, ready.generation(), "ext4"));
    }
}
