package dev.lunaria.service.cli;

import java.util.Map;

/** A subcommand whose settings have bounds. Asked by the main thread. */
public interface Bounded {
    /** The bound of each setting that has one, by its flag ("--stop-timeout"). */
    Map<String, Bound> bounds();
}
