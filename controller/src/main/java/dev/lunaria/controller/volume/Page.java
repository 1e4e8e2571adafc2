package dev.lunaria.controller.volume;

import java.util.List;

/**
 * Some of many. Immutable.
 *
 * @param nextToken where the next ones begin; empty: these were the last
 */
public record Page<T>(List<T> entries, String nextToken) {

    public Page {
        entries = List.copyOf(entries);
    }
}
