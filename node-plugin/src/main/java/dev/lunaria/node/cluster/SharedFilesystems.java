package dev.lunaria.node.cluster;

import dev.lunaria.node.failure.NodeFailure;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a filesystem that several nodes mount needs of this node beside its device: that it is a
 * member, and a heartbeat on the disk. For platform threads that hold the volume's lock; bounded in
 * time.
 */
public interface SharedFilesystems {
    /**
     * Sees that this node can mount them.
     *
     * @throws NodeFailure PRECONDITION where somebody must change something first, UNAVAILABLE
     *     where it is to be repeated
     */
    void require();

    /**
     * The name of the cluster, as filesystems are made for it.
     *
     * @throws NodeFailure as {@link #require}
     */
    String clusterName();

    /**
     * Starts this node's heartbeat on a filesystem's disk, before its mount; nothing where it runs.
     *
     * @param uuid of the filesystem
     * @throws NodeFailure as {@link #require}
     */
    void startHeartbeat(Path device, UUID uuid);
}
