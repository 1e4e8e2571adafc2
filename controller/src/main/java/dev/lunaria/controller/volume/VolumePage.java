package dev.lunaria.controller.volume;

import java.util.List;

/**
 * Some of all volumes. Immutable.
 *
 * @param nextToken where the next ones begin; empty: these were the last
 */
public record VolumePage(List<Volume> volumes, String nextToken) {

    public VolumePage {
        volumes = List.copyOf(volumes);
    }
}
