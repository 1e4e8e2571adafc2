package dev.lunaria.service.cli;

/** Something that a running program can load again. Called by the thread that reloads. */
@FunctionalInterface
public interface Reloadable {
    /**
     * Loads it again, whole or not at all.
     *
     * @throws StartupException where it can't be: what was loaded before stays in force
     */
    void reload();

    /** Whether it has changed since it was last looked at; asked every few seconds. */
    default boolean hasChanged() {
        return false;
    }
}
