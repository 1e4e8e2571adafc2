package dev.lunaria.controller.volume;

import java.util.OptionalLong;

/**
 * What to change of a volume's limits; what isn't named stays as it is. Immutable.
 *
 * @param operationsPerSecond 0: no limit
 * @param bytesPerSecond 0: no limit
 */
public record LimitChanges(OptionalLong operationsPerSecond, OptionalLong bytesPerSecond) {

    /** The limits after the change. */
    public Limits applyTo(Limits limits) {
        return new Limits(
                operationsPerSecond.orElse(limits.operationsPerSecond()),
                bytesPerSecond.orElse(limits.bytesPerSecond()));
    }
}
