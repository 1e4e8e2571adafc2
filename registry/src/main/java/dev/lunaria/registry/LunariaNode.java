package dev.lunaria.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host that runs the node plugin; the document's name is the node's. Written by the controller
 * when the node registers. Immutable.
 *
 * @param addresses IP addresses at which other nodes reach it
 * @param clusterId id of the cluster: part of the initiator name and of every derived secret
 * @param initiatorName iSCSI name with which the node logs in (RFC 7143 §4.2.7); stays for the life
 *     of the node
 * @param maxVolumes so many volumes may be published to it at once, 0 to 65535; 0: it doesn't say
 * @param backend how it attaches volumes, as "userspace"; empty: it doesn't say
 * @param member what it is in the cluster of shared filesystems; null: it takes no part
 */
public record LunariaNode(
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> addresses,
        String clusterId,
        String initiatorName,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) int maxVolumes,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) String backend,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ClusterMember member)
        implements Spec {

    private static final int MAX_ADDRESSES = 16;

    private static final Pattern BACKEND = Pattern.compile("[a-z0-9-]{0,32}");

    /** The largest {@link #maxVolumes}. */
    public static final int MOST_VOLUMES = 65_535;

    public LunariaNode {
        addresses = Fields.list(addresses);
        if (addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException("addresses may name at most " + MAX_ADDRESSES);
        }
        Fields.required(clusterId, "clusterId");
        Fields.required(initiatorName, "initiatorName");
        backend = backend == null ? "" : backend;
        if (!isBackend(backend)) {
            throw new IllegalArgumentException("backend \"" + backend + "\" isn't a word");
        }
        if (maxVolumes < 0 || maxVolumes > MOST_VOLUMES) {
            throw new IllegalArgumentException("maxVolumes may be 0 to " + MOST_VOLUMES);
        }
    }

    /** Whether a node may say so of how it attaches volumes. */
    public static boolean isBackend(String backend) {
        return BACKEND.matcher(backend).matches();
    }

    /** A node that doesn't say how it attaches volumes, and takes no part in shared filesystems. */
    public LunariaNode(
            List<String> addresses, String clusterId, String initiatorName, int maxVolumes) {
        this(addresses, clusterId, initiatorName, maxVolumes, "");
    }

    /** A node that takes no part in shared filesystems. */
    public LunariaNode(
            List<String> addresses,
            String clusterId,
            String initiatorName,
            int maxVolumes,
            String backend) {
        this(addresses, clusterId, initiatorName, maxVolumes, backend, null);
    }

    /** The same node, as another member, or as none. */
    public LunariaNode as(@Nullable ClusterMember other) {
        return new LunariaNode(addresses, clusterId, initiatorName, maxVolumes, backend, other);
    }
}
