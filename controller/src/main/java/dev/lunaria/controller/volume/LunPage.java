package dev.lunaria.controller.volume;

import java.util.List;

/**
 * Some of a pool's LUNs. Immutable.
 *
 * @param nextToken where the next ones begin; empty: these were the last
 */
public record LunPage(List<Lun> luns, String nextToken) {

    public LunPage {
        luns = List.copyOf(luns);
    }
}
