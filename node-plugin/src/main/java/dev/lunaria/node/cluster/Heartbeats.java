package dev.lunaria.node.cluster;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This host's heartbeats on shared disks, as the kernel has them in configfs: one region for each
 * mounted filesystem. For any thread; keeps nothing, and needs no controller: a disk must never go
 * before its heartbeat, whether this node takes part in shared filesystems any more or not.
 */
public final class Heartbeats {
    private static final Logger log = LoggerFactory.getLogger(Heartbeats.class);

    private final ConfigTree tree;

    /** Heartbeats of this host's kernel. */
    public Heartbeats() {
        this(new KernelConfigTree(O2cb.CLUSTERS));
    }

    Heartbeats(ConfigTree tree) {
        this.tree = tree;
    }

    /** Whether there is one for that filesystem. */
    boolean isRunning(UUID uuid) throws IOException {
        return region(uuid).isPresent();
    }

    /**
     * Stops that of a filesystem; nothing where there is none. The kernel runs a program of the
     * host for this at an unmount, which isn't there.
     *
     * @throws NodeFailure PRECONDITION while the filesystem is mounted anywhere on this host
     */
    public void stop(UUID uuid) {
        try {
            Optional<String> region = region(uuid);
            if (region.isPresent()) {
                stop(uuid, region.get());
            }
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    private void stop(UUID uuid, String region) {
        try {
            tree.remove(region);
            log.atInfo().addKeyValue("region", region).log("heartbeat stopped");
        } catch (IOException e) {
            throw new NodeFailure(
                    Kind.PRECONDITION,
                    ("the shared filesystem %s is still mounted somewhere on this host, and its disk can't go before"
                                    + " its heartbeat has been stopped: unmount it (%s)")
                            .formatted(uuid, e.getMessage()),
                    e);
        }
    }

    private Optional<String> region(UUID uuid) throws IOException {
        for (String cluster : tree.items("")) {
            String regions = cluster + "/heartbeat";
            if (tree.items(regions).contains(name(uuid))) {
                return Optional.of(regions + "/" + name(uuid));
            }
        }
        return Optional.empty();
    }

    /** A region is named after its filesystem, as OCFS2 writes UUIDs. */
    static String name(UUID uuid) {
        return uuid.toString().replace("-", "").toUpperCase(Locale.ROOT);
    }
}
