package dev.lunaria.node.attach;

import java.util.Locale;

/**
 * Which backend a node uses, and why. Immutable.
 *
 * @param name kernel or userspace
 * @param reason in one sentence
 */
public record BackendChoice(Name name, String reason) {

    /** A backend, as settings and the registry name it. */
    public enum Name {
        /** The kernel's initiator moves the data. */
        KERNEL,
        /** The data process does. */
        USERSPACE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What the setting {@code --attach-backend} may say. */
    public enum Wish {
        /** The kernel's where it can be, else user space. */
        AUTO,
        KERNEL,
        USERSPACE
    }
}
