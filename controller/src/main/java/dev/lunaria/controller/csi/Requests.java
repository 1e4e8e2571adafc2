package dev.lunaria.controller.csi;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.TopologyRequirement;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.service.csi.VolumeUse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** CSI's requests, checked and turned into the domain's. No state. */
final class Requests {

    /** Longest volume name, in characters (CSI: 128 bytes or more have to be taken). */
    static final int MAX_NAME_LENGTH = 128;

    /** Longest node id, in bytes (CSI). */
    static final int MAX_NODE_ID_BYTES = 256;

    private Requests() {}

    static VolumeRequest create(CreateVolumeRequest request) {
        checkName(request.getName());
        requirePossible(request.getVolumeCapabilitiesList());
        if (request.hasVolumeContentSource()) {
            throw invalid(
                    "volume_content_source isn't supported: snapshots and clones aren't offered; create an empty volume");
        }
        if (!request.getModifiableParametersMap().isEmpty()) {
            throw invalid(
                    "mutable_parameters aren't supported; leave the VolumeAttributesClass out");
        }
        return new VolumeRequest(
                request.getName(),
                size(request.getCapacityRange()),
                new Parameters(request.getParametersMap()),
                topology(request.getAccessibilityRequirements()));
    }

    static SizeRange expand(ControllerExpandVolumeRequest request) {
        requireVolumeId(request.getVolumeId());
        if (!request.hasCapacityRange()) {
            throw invalid("capacity_range is missing; say how large the volume is to be");
        }
        if (request.hasVolumeCapability()) {
            var _ = use(request.getVolumeCapability());
        }
        return size(request.getCapacityRange());
    }

    private static SizeRange size(CapacityRange range) {
        return new SizeRange(range.getRequiredBytes(), range.getLimitBytes());
    }

    private static void checkName(String name) {
        if (name.isEmpty()) {
            throw invalid("name is missing; give the volume a name");
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
        return new PublishRequest(
                existing(request.getVolumeId()),
                request.getNodeId(),
                request.getReadonly() || use.readOnly(),
                use.exclusive());
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
