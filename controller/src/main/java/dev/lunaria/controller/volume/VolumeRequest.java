package dev.lunaria.controller.volume;

/**
 * A volume that somebody asks for. Immutable.
 *
 * @param name the same name is the same volume
 */
public record VolumeRequest(
        String name, SizeRange size, Parameters parameters, Topology topology) {}
