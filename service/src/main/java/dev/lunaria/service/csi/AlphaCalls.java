package dev.lunaria.service.csi;

/**
 * Whether what is alpha in CSI 1.13 is announced: health of volumes and storage, and from where
 * snapshots can be used. The calls are served in any case; what is built on an older specification
 * takes a capability that it doesn't know for a failure. Immutable.
 */
public enum AlphaCalls {
    HIDDEN,
    ANNOUNCED
}
