package dev.lunaria.target.device;

import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * What the units of a process share; handed in. Immutable.
 *
 * @param buffers for what is read
 * @param blocking runs what may block: the store's bounded pool
 * @param clock for the time that a full pool answers BUSY
 * @param targetPorts portal group tags: which ports a registration for all of them is at
 */
public record UnitResources(
        Buffers buffers, Executor blocking, InstantSource clock, Set<Integer> targetPorts) {
    public UnitResources {
        targetPorts = Set.copyOf(targetPorts);
    }
}
