package dev.lunaria.controller.volume;

import java.util.Optional;
import java.util.UUID;

/**
 * A LUN to be made. Immutable.
 *
 * @param name the volume's name
 * @param source what it begins as a copy of, in the same pool; empty: it begins blank
 */
public record NewLun(
        UUID lun, String name, long sizeBytes, Optional<VolumeSource> source, Limits limits) {}
