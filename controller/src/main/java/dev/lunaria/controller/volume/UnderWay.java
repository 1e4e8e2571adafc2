package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The changes that are under way in this process, one a name; a second is {@code BUSY} at once.
 * Used by any thread; holds a name for every change under way. It spares the targets: what must not
 * happen at once is decided there, as another controller may serve at the same time.
 */
public final class UnderWay {

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    /** Makes the change, or refuses it. */
    public <T> T alone(String name, Supplier<T> change) {
        if (!names.add(name)) {
            throw new Failure(
                    BUSY, "another operation on " + name + " is under way; repeat when it is done");
        }
        try {
            return change.get();
        } finally {
            names.remove(name);
        }
    }

    /** The same, of a change that answers nothing. */
    public void alone(String name, Runnable change) {
        var _ =
                alone(
                        name,
                        () -> {
                            change.run();
                            return true;
                        });
    }
}
