package dev.lunaria.controller.setup;

import dev.lunaria.service.net.Endpoint;
import java.util.List;
import java.util.UUID;

/** Which pools a target server serves, as it says itself. */
@FunctionalInterface
public interface ServedPools {

    /**
     * A pool that is served. Immutable.
     *
     * @param clusterId of the cluster that it was made for
     */
    record Pool(UUID id, String clusterId) {}

    /**
     * All pools of a server. {@link dev.lunaria.controller.volume.Failure} {@code UNAVAILABLE} or
     * {@code TIMED_OUT} where it doesn't answer.
     */
    List<Pool> of(Endpoint.Tcp admin);
}
