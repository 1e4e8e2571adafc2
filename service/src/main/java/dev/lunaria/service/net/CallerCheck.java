package dev.lunaria.service.net;

import dev.lunaria.service.secret.Secret;
import io.grpc.Context;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls, by the token that came with the call. Used by any thread; may ask somebody
 * else, and wait for the answer within a bound of its own.
 */
@FunctionalInterface
public interface CallerCheck {

    /** Whom a check let in, while a call is served. Unset where nobody was checked. */
    Context.Key<@Nullable String> CALLER = Context.key("lunaria-caller");

    /** What was found. */
    sealed interface Verdict {
        /** It is a name that the services know. */
        record Known(String caller) implements Verdict {}

        /** The token isn't good for this; with what to do. */
        record Refused(String why) implements Verdict {}

        /** Nobody could be asked; to be repeated. */
        record Unchecked(String why) implements Verdict {}
    }

    Verdict check(Secret token);

    /** Who made the call that is being served; empty where nobody was checked. */
    static Optional<String> caller() {
        return Optional.ofNullable(CALLER.get());
    }
}
