package dev.lunaria.controller.volume;

import java.util.Optional;

/**
 * A volume that somebody asks for. Immutable.
 *
 * @param name the same name is the same volume
 * @param source what it is to begin as a copy of; empty: blank
 */
public record VolumeRequest(
        String name,
        SizeRange size,
        Parameters parameters,
        Topology topology,
        Optional<VolumeSource> source,
        Limits limits) {}
