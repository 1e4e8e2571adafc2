package dev.lunaria.controller.setup;

import dev.lunaria.controller.setup.InstallationObjects.Found;
import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.service.cli.StartupException;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes one object, also while somebody else does. Of one thread; keeps nothing. */
final class Change {
    private static final Logger log = LoggerFactory.getLogger(Change.class);

    /** So often it is tried, when somebody else is faster each time. */
    private static final int ATTEMPTS = 5;

    private final InstallationObjects objects;

    Change(InstallationObjects objects) {
        this.objects = objects;
    }

    /**
     * Gives the object the entries that come of those it has; none of an object that isn't there.
     * Writes nothing where they are the same.
     *
     * @return its entries
     */
    Map<String, String> of(Kind kind, String name, UnaryOperator<Map<String, String>> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<Found> before = objects.read(kind, name);
            Map<String, String> there = before.map(Found::entries).orElse(Map.of());
            Map<String, String> wanted = change.apply(there);
            if (wanted.equals(there)) {
                return there;
            }
            if (objects.write(kind, name, wanted, before)) {
                log.atInfo().addKeyValue("object", name).log(before.isEmpty() ? "made" : "changed");
                return wanted;
            }
        }
        throw new StartupException(
                name + " is changed by somebody else again and again; see who does, then repeat");
    }
}
