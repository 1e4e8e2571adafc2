package dev.lunaria.controller.setup;

import java.util.Map;
import java.util.Optional;

/**
 * The Secrets and ConfigMaps of the installation's namespace. Used by one thread, while others may
 * change the same. All methods throw {@link dev.lunaria.service.cli.StartupException} with what to
 * do where the cluster doesn't answer or refuses.
 */
public interface InstallationObjects {

    /** What kind of object an entry is in. */
    enum Kind {
        CONFIG_MAP,
        SECRET,
        /** A Secret with tls.crt and tls.key. */
        TLS_SECRET
    }

    /**
     * An object as it was read. Immutable.
     *
     * @param version changes with each change; opaque
     */
    record Found(Map<String, String> entries, String version) {
        public Found {
            entries = Map.copyOf(entries);
        }

        /** Without the entries, which may be secret. */
        @Override
        public String toString() {
            return "version " + version;
        }
    }

    /** Empty where there is none. */
    Optional<Found> read(Kind kind, String name);

    /**
     * Makes the object, or gives the one that was read other entries. False where somebody was
     * faster: read it again.
     *
     * @param before as it was read; empty: there was none
     */
    boolean write(Kind kind, String name, Map<String, String> entries, Optional<Found> before);

    /** A UID that no other cluster has: that of the namespace kube-system. */
    String clusterUid();
}
