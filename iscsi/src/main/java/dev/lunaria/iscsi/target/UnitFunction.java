package dev.lunaria.iscsi.target;

/** Task management functions that reach the tasks of every nexus (SAM-5 §7, RFC 7143 §11.5.1). */
public enum UnitFunction {
    /** All tasks are aborted. */
    CLEAR_TASK_SET,
    /** The logical unit is reset as well. */
    LOGICAL_UNIT_RESET,
    /** All logical units of the target are reset. */
    TARGET_WARM_RESET,
    /** As if the target had lost power: all its sessions end, too. */
    TARGET_COLD_RESET
}
