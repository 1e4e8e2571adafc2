package dev.lunaria.controller.volume;

/** How far what is a copy of something has got. */
public enum Content {
    /** All there. */
    READY,
    /** Being copied; goes on by itself. */
    COPYING,
    /** What it was to be copied from could not be read; it never gets ready. */
    FAILED
}
