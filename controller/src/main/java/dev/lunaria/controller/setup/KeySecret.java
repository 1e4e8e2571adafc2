package dev.lunaria.controller.setup;

import static dev.lunaria.controller.setup.InstallationNames.CLUSTER;
import static dev.lunaria.controller.setup.InstallationNames.KEYS;
import static dev.lunaria.controller.setup.InstallationNames.KEYS_MADE;

import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.secret.InstallationKeys;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Secret with the installation's keys, in the form that {@link InstallationKeys} reads: made
 * once, and never a second time. Of one thread; keeps nothing.
 */
final class KeySecret {

    private static final String FIRST = "k1";

    private final InstallationObjects objects;
    private final SecureRandom random;

    KeySecret(InstallationObjects objects, SecureRandom random) {
        this.objects = objects;
        this.random = random;
    }

    /**
     * Makes a first key where there never was one.
     *
     * @throws StartupException where there was one, and it is gone: another would shut out all that
     *     is attached
     */
    void settle() {
        var change = new Change(objects);
        boolean made =
                objects.read(Kind.CONFIG_MAP, CLUSTER)
                        .map(found -> found.entries().containsKey(KEYS_MADE))
                        .orElse(false);
        if (made && objects.read(Kind.SECRET, KEYS).isEmpty()) {
            throw new StartupException(
                    "the Secret %s was made and is gone. Restore it from a copy: volumes that are attached can't be used with another. Where there is none left and no volume is attached, remove the entry %s of the ConfigMap %s"
                            .formatted(KEYS, KEYS_MADE, CLUSTER));
        }
        change.of(Kind.SECRET, KEYS, there -> there.isEmpty() ? first() : there);
        change.of(Kind.CONFIG_MAP, CLUSTER, KeySecret::remembered);
    }

    private Map<String, String> first() {
        byte[] key = new byte[InstallationKeys.MIN_KEY_BYTES];
        random.nextBytes(key);
        return Map.of(FIRST, HexFormat.of().formatHex(key), "current", FIRST);
    }

    private static Map<String, String> remembered(Map<String, String> there) {
        var all = new TreeMap<>(there);
        all.putIfAbsent(KEYS_MADE, "true");
        return all;
    }
}
