package dev.lunaria.node.volume;

import dev.lunaria.service.csi.PublishContext;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is to be published.
 *
 * @param volumeId the volume's id
 * @param context what the controller told, where the caller passed it on
 * @param stagingPath where it was staged
 * @param targetPath where it shall appear
 * @param usage filesystem or block device
 * @param readOnly whether it shall appear read-only
 */
public record PublishRequest(
        String volumeId,
        Optional<PublishContext> context,
        Path stagingPath,
        Path targetPath,
        Usage usage,
        boolean readOnly) {}
