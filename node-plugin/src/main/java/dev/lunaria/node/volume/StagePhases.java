package dev.lunaria.node.volume;

import java.io.IOException;

/** Takes the time of each phase of a stage. Any thread. */
public interface StagePhases {
    /** For nobody. */
    StagePhases NONE =
            new StagePhases() {
                @Override
                public <T> T timed(Phase phase, Step<T> step) throws IOException {
                    return step.run();
                }
            };

    /** Phases that take long. */
    enum Phase {
        /** Logging in, making the block device. */
        ATTACH,
        /** Asking for the format state, and mkfs where it is the first time. */
        FORMAT,
        /** Looking at the filesystem's state, and repairing it where that is needed. */
        FSCK,
        /** mount(2), with the replay of a journal. */
        MOUNT
    }

    /** What a phase does. */
    interface Step<T> {
        T run() throws IOException;
    }

    /** Does it, and takes its time, also where it fails. */
    <T> T timed(Phase phase, Step<T> step) throws IOException;
}
