package dev.lunaria.service.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which access modes and filesystems go together (CSI specification, VolumeCapability). */
final class VolumeUseTest {

    private static VolumeCapability mount(Mode mode, String filesystem) {
        var capability = VolumeCapability.newBuilder();
        capability.getMountBuilder().setFsType(filesystem);
        capability.getAccessModeBuilder().setMode(mode);
        return capability.build();
    }

    private static VolumeCapability block(Mode mode) {
        var capability =
                VolumeCapability.newBuilder()
                        .setBlock(VolumeCapability.BlockVolume.getDefaultInstance());
        capability.getAccessModeBuilder().setMode(mode);
        return capability.build();
    }

    @ParameterizedTest
    @CsvSource({
        "SINGLE_NODE_WRITER, false, true, false",
        "SINGLE_NODE_SINGLE_WRITER, false, true, true",
        "SINGLE_NODE_MULTI_WRITER, false, true, false",
        "SINGLE_NODE_READER_ONLY, true, true, false",
        "MULTI_NODE_READER_ONLY, true, false, false",
    })
    void eachModeSaysWhoMayWriteFromWhere(
            Mode mode, boolean readOnly, boolean exclusive, boolean singlePath) {
        assertThat(VolumeUse.of(mount(mode, "")))
                .isEqualTo(new VolumeUse(false, "ext4", readOnly, exclusive, singlePath));
        assertThat(VolumeUse.of(block(mode)))
                .isEqualTo(new VolumeUse(true, "", readOnly, exclusive, singlePath));
    }

    @Test
    void rawDevicesAndTheClusterFilesystemAreWrittenBySeveralNodes() {
        assertThat(VolumeUse.of(block(Mode.MULTI_NODE_MULTI_WRITER)))
                .isEqualTo(new VolumeUse(true, "", false, false, false));
        assertThat(VolumeUse.of(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")))
                .isEqualTo(new VolumeUse(false, "ocfs2", false, false, false));
        assertThat(VolumeUse.of(mount(Mode.SINGLE_NODE_WRITER, "ocfs2")))
                .isEqualTo(new VolumeUse(false, "ocfs2", false, true, false));
    }

    /** Its heartbeat is written to the disk, so a disk that refuses writes can't be mounted. */
    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"SINGLE_NODE_READER_ONLY", "MULTI_NODE_READER_ONLY"})
    void theClusterFilesystemIsNeverOnADiskThatIsOnlyRead(Mode mode) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.of(mount(mode, "ocfs2")))
                .withMessageContaining("heartbeat")
                .withMessageContaining("ReadWriteMany");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ext4", "xfs", "btrfs"})
    void aFilesystemForOneNodeIsNotSharedAndTheMessageSaysWhatToUse(String filesystem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.of(mount(Mode.MULTI_NODE_MULTI_WRITER, filesystem)))
                .withMessageContaining("ReadWriteMany")
                .withMessageContaining("fsType ocfs2")
                .withMessageContaining("volumeMode Block");
        assertThat(VolumeUse.of(mount(Mode.SINGLE_NODE_WRITER, filesystem)).filesystem())
                .isIn(VolumeUse.FILESYSTEMS);
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"UNKNOWN", "MULTI_NODE_SINGLE_WRITER"})
    void modesThatNobodyCanKeepAreRefused(Mode mode) {
        assertThatIllegalArgumentException().isThrownBy(() -> VolumeUse.of(block(mode)));
    }

    @Test
    void whatIsMissingOrUnknownIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.of(VolumeCapability.getDefaultInstance()))
                .withMessageContaining("access_type is missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.of(mount(Mode.SINGLE_NODE_WRITER, "ntfs")))
                .withMessageContaining("\"ntfs\" isn't supported");
        var group = mount(Mode.SINGLE_NODE_WRITER, "").toBuilder();
        group.getMountBuilder().setVolumeMountGroup("1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.of(group.build()))
                .withMessageContaining("volume_mount_group");
    }

    @Test
    void oneVolumeIsRawOrHasOneFilesystem() {
        assertThat(
                        VolumeUse.ofAll(
                                List.of(
                                        mount(Mode.SINGLE_NODE_WRITER, ""),
                                        mount(Mode.MULTI_NODE_READER_ONLY, "ext4"))))
                .hasSize(2);
        for (var other :
                List.of(
                        block(Mode.SINGLE_NODE_WRITER),
                        mount(Mode.SINGLE_NODE_READER_ONLY, "xfs"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            VolumeUse.ofAll(List.of(mount(Mode.SINGLE_NODE_WRITER, ""), other)))
                    .withMessageContaining("one filesystem");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeUse.ofAll(List.of()))
                .withMessageContaining("volume_capabilities is missing");
    }
}
