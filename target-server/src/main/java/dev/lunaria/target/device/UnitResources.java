package dev.lunaria.target.device;

import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * What the units of a process share; handed in. Immutable.
 *
 * @param buffers for what is read
 * @param blocking runs what may block: the store's bounded pool
 * @param clock for the time that a full pool answers BUSY
 */
public record UnitResources(Buffers buffers, Executor blocking, InstantSource clock) {}
