package dev.lunaria.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A pool of a target server, as an administrator registers it: one document for each pool.
 * Immutable.
 *
 * @param pool UUID that was written into the pool's folder when it was initialised
 * @param endpoint where the server's admin API is: {@code unix:/path/of/socket} or {@code
 *     host:port}
 * @param ca PEM certificates that the server's certificate must lead to; empty: those of the
 *     controller's settings
 * @param portals where initiators connect, as {@code host:port}, in the order in which to try them;
 *     at least one. Attachments keep them for as long as they live, so these are addresses that
 *     stay
 * @param topology segments of where the pool can be reached; empty: everywhere
 * @param overcommitPercent how much may be provisioned, in percent of the pool's size, as LUNs are
 *     thin: 100 means no more than there is. 1 to 100,000; 1,000 where it isn't given
 * @param cordoned whether no new volume is to be placed here
 * @param retired whether the pool is gone for good: deleting and detaching its volumes succeeds
 *     without it
 */
public record StorageTarget(
        UUID pool,
        String endpoint,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) String ca,
        List<String> portals,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> topology,
        Integer overcommitPercent,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean cordoned,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean retired)
        implements Spec {

    /** Ten times the pool's size. */
    public static final int DEFAULT_OVERCOMMIT_PERCENT = 1_000;

    private static final int MAX_OVERCOMMIT_PERCENT = 100_000;
    private static final int MAX_PORTALS = 16;
    private static final String UNIX = "unix:/";

    public StorageTarget {
        Fields.required(pool, "pool");
        if (!Fields.required(endpoint, "endpoint").startsWith(UNIX)) {
            Fields.hostAndPort(endpoint, "endpoint");
        }
        ca = ca == null ? "" : ca;
        portals = Fields.list(portals);
        if (portals.isEmpty() || portals.size() > MAX_PORTALS) {
            throw new IllegalArgumentException(
                    "portals must name 1 to " + MAX_PORTALS + " addresses");
        }
        portals.forEach(portal -> Fields.hostAndPort(portal, "portals"));
        topology = Fields.map(topology);
        overcommitPercent =
                overcommitPercent == null ? DEFAULT_OVERCOMMIT_PERCENT : overcommitPercent;
        if (overcommitPercent < 1 || overcommitPercent > MAX_OVERCOMMIT_PERCENT) {
            throw new IllegalArgumentException(
                    "overcommitPercent must be 1 to " + MAX_OVERCOMMIT_PERCENT);
        }
    }
}
