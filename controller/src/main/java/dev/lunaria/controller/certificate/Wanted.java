package dev.lunaria.controller.certificate;

import java.time.Duration;
import java.util.Set;

/**
 * A certificate that somebody needs. Immutable.
 *
 * @param host DNS name of its holder, by which it is called or let in
 * @param usages what it is shown for
 * @param validity how long it is to be valid
 */
public record Wanted(String host, Set<Usage> usages, Duration validity) {

    public Wanted {
        usages = Set.copyOf(usages);
    }
}
