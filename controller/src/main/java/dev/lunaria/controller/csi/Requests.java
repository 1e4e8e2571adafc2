package dev.lunaria.controller.csi;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.controller.snapshot.SnapshotQuery;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.LimitParameters;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.VolumeSource;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.GetMetadataDeltaRequest;
import dev.lunaria.proto.csi.v1.ListSnapshotsRequest;
import dev.lunaria.proto.csi.v1.TopologyRequirement;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeContentSource;
import dev.lunaria.service.csi.VolumeUse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** CSI's requests, checked and turned into the domain's. No state. */
final class Requests {

    /**
     * Longest name of a volume or snapshot, in characters (CSI: 128 bytes or more have to be
     * taken).
     */
    static final int MAX_NAME_LENGTH = 128;

    /** Longest node id, in bytes (CSI). */
    static final int MAX_NODE_ID_BYTES = 256;

    private Requests() {}

    static VolumeRequest create(CreateVolumeRequest request) {
        checkName(request.getName());
        requirePossible(request.getVolumeCapabilitiesList());
        requireNoCopyOfShared(request);
        var parameters = new Parameters(request.getParametersMap());
        return new VolumeRequest(
                request.getName(),
                size(request.getCapacityRange()),
                parameters,
                topology(request.getAccessibilityRequirements()),
                request.hasVolumeContentSource()
                        ? Optional.of(source(request.getVolumeContentSource()))
                        : Optional.empty(),
                LimitParameters.ofMutable(request.getModifiableParametersMap())
                        .applyTo(parameters.limits()));
    }

    /** Two OCFS2 of one UUID have the same locks; neither may be given another while it is used. */
    private static void requireNoCopyOfShared(CreateVolumeRequest request) {
        if (request.hasVolumeContentSource()
                && request.getVolumeCapabilitiesList().stream()
                        .map(Requests::use)
                        .anyMatch(VolumeUse::isClusterFilesystem)) {
            throw invalid(
                    "a volume with ocfs2 can't begin as a copy: it would share its locks with the volume that it was"
                            + " copied from. Make an empty one and copy the files");
        }
    }

    private static VolumeSource source(VolumeContentSource source) {
        return switch (source.getTypeCase()) {
            case VOLUME ->
                    new VolumeSource.OfVolume(
                            VolumeId.parse(source.getVolume().getVolumeId())
                                    .orElseThrow(() ->
                                            noSuchSource(
                                                    "volume", source.getVolume().getVolumeId())));
            case SNAPSHOT ->
                    new VolumeSource.OfSnapshot(
                            SnapshotId.parse(source.getSnapshot().getSnapshotId())
                                    .orElseThrow(() ->
                                            noSuchSource(
                                                    "snapshot",
                                                    source.getSnapshot().getSnapshotId())));
            case TYPE_NOT_SET ->
                    throw invalid(
                            "volume_content_source names nothing; set a volume or a snapshot, or leave it out");
        };
    }

    private static Failure noSuchSource(String kind, String id) {
        return id.isEmpty()
                ? invalid("volume_content_source: the " + kind + "'s id is missing")
                : new Failure(NOT_FOUND, "there is no " + kind + " \"" + id + "\" to copy from");
    }

    static String snapshotName(CreateSnapshotRequest request) {
        if (request.getSourceVolumeId().isEmpty()) {
            throw invalid("source_volume_id is missing; say of which volume");
        }
        checkName(request.getName());
        checkNoParameters(request.getParametersMap());
        return request.getName();
    }

    /** The snapshotter adds parameters about the claim, which decide nothing. */
    static void checkNoParameters(Map<String, String> parameters) {
        for (String name : new TreeMap<>(parameters).keySet()) {
            if (!name.startsWith(Parameters.CLAIM_PREFIX)) {
                throw invalid(
                        "unknown parameter \""
                                + name
                                + "\"; snapshots have none. Correct the VolumeSnapshotClass");
            }
        }
    }

    static void requireSnapshotId(String snapshotId) {
        if (snapshotId.isEmpty()) {
            throw invalid("snapshot_id is missing; say which snapshot is meant");
        }
    }

    static void requireSnapshotIds(GetMetadataDeltaRequest request) {
        if (request.getBaseSnapshotId().isEmpty() || request.getTargetSnapshotId().isEmpty()) {
            throw invalid(
                    "base_snapshot_id and target_snapshot_id must be given; say between which snapshots");
        }
    }

    static void checkMaxResults(int maxResults) {
        if (maxResults < 0) {
            throw invalid("max_results must not be negative; 0 means as many as the plugin likes");
        }
    }

    /** The id of a snapshot that must be there. */
    static SnapshotId existingSnapshot(String snapshotId) {
        return SnapshotId.parse(snapshotId)
                .orElseThrow(() ->
                        new Failure(NOT_FOUND, "there is no snapshot \"" + snapshotId + "\""));
    }

    /** Empty where nothing can be found: an id in it isn't one of ours. */
    static Optional<SnapshotQuery> query(ListSnapshotsRequest request) {
        Optional<SnapshotId> id = SnapshotId.parse(request.getSnapshotId());
        Optional<VolumeId> source = VolumeId.parse(request.getSourceVolumeId());
        boolean isPossible =
                (request.getSnapshotId().isEmpty() || id.isPresent())
                        && (request.getSourceVolumeId().isEmpty() || source.isPresent());
        return isPossible ? Optional.of(new SnapshotQuery(id, source)) : Optional.empty();
    }

    static void checkMaxEntries(int maxEntries) {
        if (maxEntries < 0) {
            throw invalid("max_entries must not be negative; 0 means as many as there are");
        }
    }

    static SizeRange expand(ControllerExpandVolumeRequest request) {
        requireVolumeId(request.getVolumeId());
        if (!request.hasCapacityRange()) {
            throw invalid("capacity_range is missing; say how large the volume is to be");
        }
        if (request.hasVolumeCapability()) {
            if (use(request.getVolumeCapability()).isClusterFilesystem()) {
                throw invalid(
                        "a volume with ocfs2 stays as large as it was made: nodes that mount it together would see"
                                + " different sizes. Make a larger one and copy the files");
            }
        }
        return size(request.getCapacityRange());
    }

    private static SizeRange size(CapacityRange range) {
        return new SizeRange(range.getRequiredBytes(), range.getLimitBytes());
    }

    static void checkName(String name) {
        if (name.isEmpty()) {
            throw invalid("name is missing; choose one");
        }
        if (name.length() > MAX_NAME_LENGTH) {
            throw invalid(
                    "name has "
                            + name.length()
                            + " characters; at most "
                            + MAX_NAME_LENGTH
                            + " are possible");
        }
        if (name.codePoints().anyMatch(Character::isISOControl)) {
            throw invalid("name holds a control character; leave it out");
        }
    }

    static PublishRequest publish(ControllerPublishVolumeRequest request) {
        requireVolumeId(request.getVolumeId());
        if (request.getNodeId().isEmpty()) {
            throw invalid("node_id is missing; say which node is to use the volume");
        }
        checkNodeId(request.getNodeId());
        if (!request.hasVolumeCapability()) {
            throw invalid("volume_capability is missing; say how the volume is to be used");
        }
        VolumeUse use = use(request.getVolumeCapability());
        if (use.isClusterFilesystem() && request.getReadonly()) {
            throw invalid(
                    "readonly: a node that mounts ocfs2 writes its heartbeat to the disk; publish it for writing and"
                            + " mount it read-only in the pod");
        }
        return new PublishRequest(
                existing(request.getVolumeId()),
                request.getNodeId(),
                request.getReadonly() || use.readOnly(),
                use.exclusive(),
                use.mostNodes());
    }

    static VolumeUse use(VolumeCapability capability) {
        try {
            return VolumeUse.of(capability);
        } catch (IllegalArgumentException e) {
            throw new Failure(INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    /** {@code INVALID}, with the reason, where a volume can't be used in all these ways. */
    static void requirePossible(List<VolumeCapability> capabilities) {
        try {
            var _ = VolumeUse.ofAll(capabilities);
        } catch (IllegalArgumentException e) {
            throw new Failure(INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    /** What is to be on it, in all ways in which it is to be used; empty: nothing. */
    static String filesystem(List<VolumeCapability> possible) {
        return use(possible.getFirst()).filesystem();
    }

    static void checkNodeId(String nodeId) {
        if (nodeId.getBytes(StandardCharsets.UTF_8).length > MAX_NODE_ID_BYTES) {
            throw invalid("node_id is longer than " + MAX_NODE_ID_BYTES + " bytes");
        }
    }

    static void requireVolumeId(String volumeId) {
        if (volumeId.isEmpty()) {
            throw invalid("volume_id is missing; say which volume is meant");
        }
    }

    /** The id of a volume that must be there. */
    static VolumeId existing(String volumeId) {
        return VolumeId.parse(volumeId)
                .orElseThrow(
                        () -> new Failure(NOT_FOUND, "there is no volume \"" + volumeId + "\""));
    }

    static Topology topology(TopologyRequirement requirement) {
        return new Topology(
                segments(requirement.getRequisiteList()), segments(requirement.getPreferredList()));
    }

    private static List<Map<String, String>> segments(
            List<dev.lunaria.proto.csi.v1.Topology> topologies) {
        return topologies.stream().map(dev.lunaria.proto.csi.v1.Topology::getSegmentsMap).toList();
    }

    static Failure invalid(String message) {
        return new Failure(INVALID, message);
    }
}
