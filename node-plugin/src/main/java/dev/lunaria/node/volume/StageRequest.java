package dev.lunaria.node.volume;

import dev.lunaria.service.csi.PublishContext;
import java.nio.file.Path;

/**
 * What is to be staged.
 *
 * @param volumeId the volume's id
 * @param context what the controller told
 * @param stagingPath absolute, belongs to this volume alone
 * @param usage filesystem or block device
 * @param readOnly whether the access mode allows reading only
 * @param onePath whether it may be published at one path only (SINGLE_NODE_SINGLE_WRITER)
 */
public record StageRequest(
        String volumeId,
        PublishContext context,
        Path stagingPath,
        Usage usage,
        boolean readOnly,
        boolean onePath) {}
