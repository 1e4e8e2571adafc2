package dev.lunaria.node.volume;

import java.nio.file.Path;

/**
 * How large a volume is to be on this node.
 *
 * @param volumeId the volume's id
 * @param path where it is staged or published
 * @param requiredBytes the least size; 0: as large as it is at the target
 * @param limitBytes the largest size; 0: any
 */
public record ExpandRequest(String volumeId, Path path, long requiredBytes, long limitBytes) {}
