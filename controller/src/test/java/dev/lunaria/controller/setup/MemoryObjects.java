package dev.lunaria.controller.setup;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keeps objects in memory. Of one thread. */
final class MemoryObjects implements InstallationObjects {

    static final String CLUSTER_UID = "5b1e7f0c-6a39-4a0e-9a3c-0a4f6a1c2d3e";

    private final Map<String, Found> objects = new HashMap<>();
    private int versions;

    private static String key(Kind kind, String name) {
        return (kind == Kind.CONFIG_MAP ? "map " : "secret ") + name;
    }

    @Override
    public Optional<Found> read(Kind kind, String name) {
        return Optional.ofNullable(objects.get(key(kind, name)));
    }

    @Override
    public boolean write(
            Kind kind, String name, Map<String, String> entries, Optional<Found> before) {
        if (!read(kind, name).map(Found::version).equals(before.map(Found::version))) {
            return false;
        }
        objects.put(key(kind, name), new Found(entries, Integer.toString(++versions)));
        return true;
    }

    @Override
    public String clusterUid() {
        return CLUSTER_UID;
    }

    void remove(Kind kind, String name) {
        objects.remove(key(kind, name));
    }
}
