package dev.lunaria.controller.kube;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the API server is to check of each field before a document reaches the controller, and what
 * {@code kubectl explain} says of it. Mixed into the records of the registry, which know nothing of
 * Kubernetes: the fields and their types are theirs. No state.
 */
final class SchemaNotes {

    static final String HOST_AND_PORT =
            "(\\[[0-9a-fA-F:.]{2,45}\\]|[A-Za-z0-9._-]{1,253}):[0-9]{1,5}";

    private SchemaNotes() {}

    static JsonMapper mapper() {
        return JsonMapper.builder()
                .addMixIn(StorageTarget.class, OfStorageTarget.class)
                .addMixIn(LunariaNode.class, OfLunariaNode.class)
                .addMixIn(ClusterMember.class, OfMember.class)
                .addMixIn(LunariaVolume.class, OfLunariaVolume.class)
                .addMixIn(LunariaVolume.Source.class, OfSource.class)
                .addMixIn(StorageTargetStatus.class, OfStorageTargetStatus.class)
                .addMixIn(LunariaNodeStatus.class, OfLunariaNodeStatus.class)
                .addMixIn(LunariaVolumeStatus.class, OfLunariaVolumeStatus.class)
                .addMixIn(Condition.class, OfCondition.class)
                .build();
    }

    interface OfStorageTarget {
        @Required
        @JsonPropertyDescription(
                "UUID that was written into the pool's folder when it was initialised.")
        UUID pool();

        @Required
        @Pattern("^(unix:/.+|" + HOST_AND_PORT + ")$")
        @Size(max = 512)
        @JsonPropertyDescription(
                "Where the server's admin API is: unix:/path/of/socket or host:port.")
        String endpoint();

        @Size(max = 65_536)
        @JsonPropertyDescription(
                "PEM certificates that the server's certificate must lead to. Not given: those of the controller's settings.")
        String ca();

        @Required
        @Size(min = 1, max = 16)
        @JsonPropertyDescription(
                "Where initiators connect, as host:port, in the order in which to try them. Attachments keep them for as long as they live: addresses that stay.")
        List<String> portals();

        @Size(max = 32)
        @JsonPropertyDescription(
                "Segments of where the pool can be reached. Not given: everywhere.")
        Map<String, String> topology();

        @Min(1)
        @Max(100_000)
        @JsonPropertyDescription(
                "How much may be provisioned, in percent of the pool's size, as volumes are thin: 100 means no more than there is. 1000 where it isn't given.")
        Integer overcommitPercent();

        @JsonPropertyDescription("Whether no new volume is to be placed here.")
        boolean cordoned();

        @JsonPropertyDescription(
                "Whether the pool is gone for good: deleting and detaching its volumes succeeds without it.")
        boolean retired();
    }

    interface OfLunariaNode {
        @Size(max = 16)
        @JsonPropertyDescription("IP addresses at which other nodes reach it.")
        List<String> addresses();

        @Required
        @Size(min = 1, max = 63)
        @JsonPropertyDescription(
                "Id of the cluster: part of the initiator name and of every derived secret.")
        String clusterId();

        @Required
        @Size(min = 1, max = 223)
        @JsonPropertyDescription(
                "iSCSI name with which the node logs in (RFC 7143 §4.2.7). Stays for the life of the node.")
        String initiatorName();

        @Min(0)
        @Max(65_535)
        @JsonPropertyDescription(
                "So many volumes may be published to it at once; 0: it doesn't say.")
        int maxVolumes();

        @Size(max = 32)
        @Pattern("^[a-z0-9-]*$")
        @JsonPropertyDescription(
                "How it attaches volumes, as it said when it registered; not given: it doesn't say.")
        String backend();

        @JsonPropertyDescription(
                "What the node is in the cluster of shared filesystems (OCFS2). Not given: it takes no part. Written by the controller alone: two nodes with one number destroy each other's files.")
        ClusterMember member();
    }

    interface OfMember {
        @Required
        @Min(ClusterMember.LOWEST)
        @Max(ClusterMember.HIGHEST)
        @JsonPropertyDescription("Unlike that of any other node.")
        int number();

        @Required
        @JsonPropertyDescription("IPv4 address at which the other members reach it.")
        String address();

        @Required
        @JsonPropertyDescription(
                "Claimed: it may turn out to be another's. Member: it is the node's. Left: the node is gone, and the number is nobody's before it provably can't write any more.")
        ClusterMember.State state();
    }

    interface OfLunariaVolume {
        @Required
        @JsonPropertyDescription("UUID of the pool.")
        UUID pool();

        @Required
        @JsonPropertyDescription("UUID of the LUN, chosen before it is made.")
        UUID lun();

        @Required
        @Min(4096)
        @JsonPropertyDescription(
                "Size with which it was made, in bytes; a multiple of 4096. What it has grown to since says the status.")
        long sizeBytes();

        @Size(max = 64)
        @JsonPropertyDescription("Parameters of the request.")
        Map<String, String> parameters();

        @JsonPropertyDescription(
                "What it was to begin as a copy of, in the same pool. Not given: it began blank.")
        LunariaVolume.Source source();

        @JsonPropertyDescription(
                "Whether it is being deleted: it isn't to be made any more, and its LUN's id not to be used again.")
        boolean deleting();
    }

    interface OfSource {
        @Required
        @JsonPropertyDescription("Of what it is a copy.")
        LunariaVolume.SourceKind kind();

        @Required
        @JsonPropertyDescription("UUID of the LUN or snapshot.")
        UUID id();
    }

    interface OfStorageTargetStatus {
        @JsonPropertyDescription("Generation of the spec that this was found for.")
        long observedGeneration();

        @JsonPropertyDescription("Ready: the server answers and serves this pool for this cluster.")
        List<Condition> conditions();

        @JsonPropertyDescription("Size of the filesystem below the pool.")
        String total();

        @JsonPropertyDescription("What is free in it, the server's reserve already taken off.")
        String free();

        @JsonPropertyDescription("Sum of the volumes' sizes.")
        String provisioned();

        @JsonPropertyDescription("What may still be provisioned.")
        String available();
    }

    interface OfLunariaNodeStatus {
        @JsonPropertyDescription("Generation of the spec that this was found for.")
        long observedGeneration();

        @JsonPropertyDescription(
                "Ready: Kubernetes has the node as ready, and its kubelet knows the node plugin. OutOfService: it is tainted so, and fenced at every target.")
        List<Condition> conditions();

        @JsonPropertyDescription("Volumes that it holds a grant for.")
        int volumes();

        @JsonPropertyDescription(
                "iSCSI sessions that it has at the target servers; fewer than its volumes where some aren't staged, or have lost their connection.")
        int sessions();

        @JsonPropertyDescription("How it attaches volumes, as it said when it registered.")
        String backend();
    }

    interface OfLunariaVolumeStatus {
        @JsonPropertyDescription("Generation of the spec that this was found for.")
        long observedGeneration();

        @JsonPropertyDescription("Where the volume is in its life.")
        LunariaVolumeStatus.Phase phase();

        @JsonPropertyDescription("Ready: its LUN is there and whole.")
        List<Condition> conditions();

        @JsonPropertyDescription("The volume's id in CSI, as PersistentVolumes have it.")
        String volumeId();

        @JsonPropertyDescription("Its size now; it may have grown.")
        String size();

        @JsonPropertyDescription("Nodes that hold a grant for it.")
        List<String> nodes();

        @JsonPropertyDescription(
                "Nodes that were fenced while they were out of service, and to which it counts as published until Kubernetes has detached it.")
        List<String> fencedNodes();
    }

    /** As Kubernetes has it (meta.k8s.io/v1 Condition). */
    interface OfCondition {
        @Required
        @JsonPropertyDescription("When the status became what it is.")
        String getLastTransitionTime();

        @JsonPropertyDescription("What was found, and what to do.")
        String getMessage();

        @JsonPropertyDescription("Generation of the spec that this was found for.")
        Long getObservedGeneration();

        @Required
        @JsonPropertyDescription("The same in one word, for programs.")
        String getReason();

        @Required
        @JsonPropertyDescription("True, False or Unknown.")
        String getStatus();

        @Required
        @JsonPropertyDescription("Of what.")
        String getType();
    }
}
