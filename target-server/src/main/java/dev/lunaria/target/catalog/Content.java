package dev.lunaria.target.catalog;

/** How far a LUN has been filled from its source. */
public enum Content {
    /** All there: it may be granted. */
    READY,
    /** Being copied, from a source that stays as it is; goes on after a restart. */
    COPYING,
    /** Being copied from a LUN in use, whose instant ends with this process. */
    COPYING_INSTANT,
    /** What it was to be copied from could not be read. */
    FAILED
}
