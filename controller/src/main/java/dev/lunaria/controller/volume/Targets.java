package dev.lunaria.controller.volume;

import dev.lunaria.registry.StorageTarget;

/** The way to pools. Used by any thread. */
public interface Targets {

    /** The pool behind a registered target; calls nobody yet. */
    TargetPool open(StorageTarget target);

    /** The snapshots of the server behind a registered target; calls nobody yet. */
    TargetSnapshots snapshots(StorageTarget target);
}
