package dev.lunaria.service.csi;

import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import java.util.List;

/**
 * A way to use a volume that is possible: the one place that says which access modes and
 * filesystems go together, for the controller and the node plugin alike. Immutable.
 *
 * @param block whether as a raw block device, else as a filesystem
 * @param filesystem the filesystem's name; empty for a raw block device
 * @param readOnly whether nobody writes
 * @param exclusive whether by one node at a time
 * @param singlePath whether by one pod at a time, so at one path of one node
 */
public record VolumeUse(
        boolean block, String filesystem, boolean readOnly, boolean exclusive, boolean singlePath) {

    /** The filesystem for which no name is given. */
    public static final String DEFAULT_FILESYSTEM = "ext4";

    /** The cluster filesystem: the one that several nodes may write at once. */
    public static final String CLUSTER_FILESYSTEM = "ocfs2";

    /**
     * So many nodes at once may use a volume with the cluster filesystem; fixed when it is made.
     */
    public static final int CLUSTER_NODES = 16;

    /** What volumes may be formatted with. All but the last believe to be alone on their disk. */
    public static final List<String> FILESYSTEMS =
            List.of(DEFAULT_FILESYSTEM, "xfs", "btrfs", CLUSTER_FILESYSTEM);

    /** Whether its filesystem is one that several nodes may write at once. */
    public boolean isClusterFilesystem() {
        return filesystem.equals(CLUSTER_FILESYSTEM);
    }

    /** So many nodes may use it at once, as far as its filesystem goes. */
    public int mostNodes() {
        return isClusterFilesystem() ? CLUSTER_NODES : Integer.MAX_VALUE;
    }

    /**
     * Reads all ways in which one volume is to be used.
     *
     * @throws IllegalArgumentException with a message for people, where one isn't possible, or they
     *     aren't together
     */
    public static List<VolumeUse> ofAll(List<VolumeCapability> capabilities) {
        if (capabilities.isEmpty()) {
            throw new IllegalArgumentException(
                    "volume_capabilities is missing; say how the volume is to be used");
        }
        List<VolumeUse> all = capabilities.stream().map(VolumeUse::of).toList();
        if (all.stream().map(VolumeUse::filesystem).distinct().count() > 1) {
            throw new IllegalArgumentException(
                    "volume_capabilities differ in what is on the volume; it is used as a raw block device"
                            + " or with one filesystem");
        }
        return all;
    }

    /**
     * Reads one way in which a volume is to be used.
     *
     * @throws IllegalArgumentException with a message for people, where it isn't possible
     */
    public static VolumeUse of(VolumeCapability capability) {
        String filesystem =
                switch (capability.getAccessTypeCase()) {
                    case BLOCK -> "";
                    case MOUNT -> filesystem(capability.getMount());
                    case ACCESSTYPE_NOT_SET ->
                            throw new IllegalArgumentException(
                                    "volume_capability: access_type is missing; set block or mount");
                };
        boolean block = capability.hasBlock();
        boolean shared = block || filesystem.equals(CLUSTER_FILESYSTEM);
        Mode mode = capability.getAccessMode().getMode();
        return switch (mode) {
            case SINGLE_NODE_WRITER, SINGLE_NODE_MULTI_WRITER ->
                    new VolumeUse(block, filesystem, false, true, false);
            case SINGLE_NODE_SINGLE_WRITER -> new VolumeUse(block, filesystem, false, true, true);
            case SINGLE_NODE_READER_ONLY ->
                    new VolumeUse(block, readable(filesystem), true, true, false);
            case MULTI_NODE_READER_ONLY ->
                    new VolumeUse(block, readable(filesystem), true, false, false);
            case MULTI_NODE_MULTI_WRITER -> {
                if (!shared) {
                    throw notShared(filesystem);
                }
                yield new VolumeUse(block, filesystem, false, false, false);
            }
            case MULTI_NODE_SINGLE_WRITER ->
                    throw new IllegalArgumentException(
                            "volume_capability: access mode MULTI_NODE_SINGLE_WRITER isn't supported: nothing keeps"
                                    + " the other nodes from writing; use SINGLE_NODE_WRITER");
            case UNKNOWN, UNRECOGNIZED ->
                    throw new IllegalArgumentException(
                            "volume_capability: access_mode is missing or unknown; set one of CSI's modes");
        };
    }

    private static IllegalArgumentException notShared(String filesystem) {
        return new IllegalArgumentException(
                "volume_capability: "
                        + filesystem
                        + " can't be written by several nodes (ReadWriteMany): it is not a cluster filesystem,"
                        + " each node would believe to be alone on the disk and destroy what the others write."
                        + " Use a StorageClass with fsType ocfs2, ReadWriteOnce, ReadOnlyMany once it holds its"
                        + " data, or volumeMode Block with an application that shares a disk");
    }

    /** A filesystem whose disk may be one that refuses writes. */
    private static String readable(String filesystem) {
        if (filesystem.equals(CLUSTER_FILESYSTEM)) {
            throw new IllegalArgumentException(
                    "volume_capability: "
                            + filesystem
                            + " can't be on a disk that is only read: each node that mounts it writes its"
                            + " heartbeat there. Use ReadWriteMany or ReadWriteOnce, and readOnly where the pod"
                            + " mounts it");
        }
        return filesystem;
    }

    private static String filesystem(VolumeCapability.MountVolume mount) {
        String filesystem = mount.getFsType().isEmpty() ? DEFAULT_FILESYSTEM : mount.getFsType();
        if (!FILESYSTEMS.contains(filesystem)) {
            throw new IllegalArgumentException(
                    "volume_capability: filesystem \""
                            + filesystem
                            + "\" isn't supported; leave fs_type empty or set one of "
                            + FILESYSTEMS);
        }
        if (!mount.getVolumeMountGroup().isEmpty()) {
            throw new IllegalArgumentException(
                    "volume_capability: volume_mount_group isn't supported: "
                            + filesystem
                            + " has no such option; leave fsGroupPolicy to File");
        }
        return filesystem;
    }
}
