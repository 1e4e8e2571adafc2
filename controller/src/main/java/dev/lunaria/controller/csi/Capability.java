package dev.lunaria.controller.csi;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import java.util.List;
import java.util.Set;

/**
 * A way to use a volume, found to be possible. Immutable.
 *
 * @param block whether as a raw block device, else as a filesystem
 * @param readOnly whether nobody writes
 * @param exclusive whether by one node at a time
 */
record Capability(boolean block, boolean readOnly, boolean exclusive) {

    /** The filesystem for which no name is given. */
    static final String DEFAULT_FILESYSTEM = "ext4";

    /** What node plugins make and mount. */
    private static final Set<String> FILESYSTEMS = Set.of(DEFAULT_FILESYSTEM);

    /** Filesystems that believe to be alone on their disk. */
    private static final Set<String> SINGLE_NODE_FILESYSTEMS =
            Set.of("ext3", DEFAULT_FILESYSTEM, "xfs", "btrfs");

    /**
     * {@code INVALID}, with the reason, where one of them isn't possible, or they aren't together.
     */
    static List<Capability> ofAll(List<VolumeCapability> capabilities) {
        if (capabilities.isEmpty()) {
            throw invalid("volume_capabilities is missing; say how the volume is to be used");
        }
        List<Capability> all = capabilities.stream().map(Capability::of).toList();
        if (all.stream().map(Capability::block).distinct().count() > 1) {
            throw invalid("a volume is used as a raw block device or as a filesystem, not as both");
        }
        return all;
    }

    /** {@code INVALID}, with the reason, where it isn't possible. */
    static Capability of(VolumeCapability capability) {
        boolean block =
                switch (capability.getAccessTypeCase()) {
                    case BLOCK -> true;
                    case MOUNT -> false;
                    case ACCESSTYPE_NOT_SET ->
                            throw invalid(
                                    "volume_capability: access_type is missing; set block or mount");
                };
        Mode mode = capability.getAccessMode().getMode();
        var possible =
                switch (mode) {
                    case SINGLE_NODE_WRITER, SINGLE_NODE_SINGLE_WRITER, SINGLE_NODE_MULTI_WRITER ->
                            new Capability(block, false, true);
                    case SINGLE_NODE_READER_ONLY -> new Capability(block, true, true);
                    case MULTI_NODE_READER_ONLY -> new Capability(block, true, false);
                    case MULTI_NODE_MULTI_WRITER -> new Capability(block, false, false);
                    case MULTI_NODE_SINGLE_WRITER ->
                            throw invalid(
                                    "volume_capability: access mode MULTI_NODE_SINGLE_WRITER isn't supported: "
                                            + "nothing keeps the other nodes from writing; use SINGLE_NODE_WRITER");
                    case UNKNOWN, UNRECOGNIZED ->
                            throw invalid(
                                    "volume_capability: access_mode is missing or unknown; set one of CSI's modes");
                };
        if (!block) {
            checkFilesystem(capability.getMount().getFsType(), possible);
        }
        return possible;
    }

    private static void checkFilesystem(String asked, Capability capability) {
        String filesystem = asked.isEmpty() ? DEFAULT_FILESYSTEM : asked;
        if (!capability.exclusive()
                && !capability.readOnly()
                && SINGLE_NODE_FILESYSTEMS.contains(filesystem)) {
            throw invalid(
                    "volume_capability: "
                            + filesystem
                            + " can't be written by several nodes (ReadWriteMany): each"
                            + " would believe to be alone on the disk and destroy what the others write. Use ReadWriteOnce, or"
                            + " volumeMode Block with an application that shares a disk");
        }
        if (!FILESYSTEMS.contains(filesystem)) {
            throw invalid(
                    "volume_capability: filesystem \""
                            + filesystem
                            + "\" isn't supported; leave fs_type empty or"
                            + " set one of "
                            + FILESYSTEMS);
        }
    }

    private static Failure invalid(String message) {
        return new Failure(INVALID, message);
    }
}
