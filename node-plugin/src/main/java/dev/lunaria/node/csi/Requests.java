package dev.lunaria.node.csi;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.format.Filesystem;
import dev.lunaria.node.mount.MountOptions;
import dev.lunaria.node.volume.ExpandRequest;
import dev.lunaria.node.volume.PublishRequest;
import dev.lunaria.node.volume.StageRequest;
import dev.lunaria.node.volume.Usage;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.NodeExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeGetVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.NodePublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.csi.VolumeUse;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks what comes from the orchestrator, and gives it types. Stateless; throws {@link
 * NodeFailure} INVALID with a message that says what to do.
 */
final class Requests {
    /** CSI's limit for fields that name things, in bytes. */
    static final int MAX_ID_BYTES = 128;

    /** Linux's PATH_MAX less its NUL. */
    static final int MAX_PATH_BYTES = 4095;

    private Requests() {}

    static String volumeId(String volumeId) {
        if (volumeId.isEmpty()) {
            throw NodeFailure.invalid("volume_id is missing");
        }
        if (volumeId.getBytes(StandardCharsets.UTF_8).length > MAX_ID_BYTES) {
            throw NodeFailure.invalid("volume_id is longer than " + MAX_ID_BYTES + " bytes");
        }
        return volumeId;
    }

    static Path path(String field, String text) {
        if (text.isEmpty()) {
            throw NodeFailure.invalid(field + " is missing");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            throw NodeFailure.invalid(field + " is longer than " + MAX_PATH_BYTES + " bytes");
        }
        try {
            Path path = Path.of(text);
            if (!path.isAbsolute() || path.getNameCount() == 0) {
                throw NodeFailure.invalid(field + " must be an absolute path below /: " + text);
            }
            if (!path.equals(path.normalize())) {
                throw NodeFailure.invalid(field + " must have no '.' or '..' in it: " + text);
            }
            return path;
        } catch (InvalidPathException e) {
            throw NodeFailure.invalid(field + " can't be a path: " + e.getReason());
        }
    }

    /** A path that is only asked about: no volume can be at a relative one. */
    static Path volumePath(String text) {
        if (!text.isEmpty() && !text.startsWith("/")) {
            throw new NodeFailure(
                    Kind.NOT_FOUND,
                    "volume_path " + text + " isn't absolute: no volume is published there");
        }
        return path("volume_path", text);
    }

    /** Paths that are given; none need be. */
    static List<Path> healthPaths(NodeGetVolumeHealthRequest request) {
        return Stream.of(request.getVolumePublishPath(), request.getStagingTargetPath())
                .filter(path -> !path.isEmpty())
                .map(Requests::volumePath)
                .toList();
    }

    static StageRequest stage(NodeStageVolumeRequest request) {
        String volumeId = volumeId(request.getVolumeId());
        Path stagingPath = path("staging_target_path", request.getStagingTargetPath());
        VolumeUse use = use(request.hasVolumeCapability(), request.getVolumeCapability());
        return new StageRequest(
                volumeId,
                context(request.getPublishContextMap()),
                stagingPath,
                usage(request.getVolumeCapability(), use),
                use.readOnly(),
                use.singlePath());
    }

    static PublishRequest publish(NodePublishVolumeRequest request) {
        String volumeId = volumeId(request.getVolumeId());
        Path targetPath = path("target_path", request.getTargetPath());
        VolumeUse use = use(request.hasVolumeCapability(), request.getVolumeCapability());
        if (request.getStagingTargetPath().isEmpty()) {
            throw NodeFailure.precondition(
                    "staging_target_path is missing; call NodeStageVolume first and pass its path");
        }
        Path stagingPath = path("staging_target_path", request.getStagingTargetPath());
        if (targetPath.equals(stagingPath)) {
            throw NodeFailure.invalid("target_path and staging_target_path are the same");
        }
        Map<String, String> context = request.getPublishContextMap();
        return new PublishRequest(
                volumeId,
                context.isEmpty() ? Optional.empty() : Optional.of(context(context)),
                stagingPath,
                targetPath,
                usage(request.getVolumeCapability(), use),
                request.getReadonly() || use.readOnly());
    }

    static ExpandRequest expand(NodeExpandVolumeRequest request) {
        CapacityRange range = request.getCapacityRange();
        long required = range.getRequiredBytes();
        long limit = range.getLimitBytes();
        if (required < 0 || limit < 0) {
            throw NodeFailure.invalid("capacity_range has a negative size");
        }
        if (limit > 0 && limit < required) {
            throw NodeFailure.invalid("capacity_range's limit_bytes is below its required_bytes");
        }
        return new ExpandRequest(
                volumeId(request.getVolumeId()),
                volumePath(request.getVolumePath()),
                required,
                limit);
    }

    private static PublishContext context(Map<String, String> map) {
        try {
            return PublishContext.fromMap(map);
        } catch (IllegalArgumentException e) {
            throw NodeFailure.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static VolumeUse use(boolean there, VolumeCapability capability) {
        if (!there) {
            throw NodeFailure.invalid("volume_capability is missing");
        }
        try {
            return VolumeUse.of(capability);
        } catch (IllegalArgumentException e) {
            throw NodeFailure.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static Usage usage(VolumeCapability capability, VolumeUse use) {
        if (use.block()) {
            return new Usage.Block();
        }
        List<String> flags = capability.getMount().getMountFlagsList();
        Filesystem filesystem = Filesystem.named(use.filesystem());
        var _ = MountOptions.parse(flags, filesystem.allowedOptions());
        return new Usage.Mount(filesystem.name(), flags);
    }
}
