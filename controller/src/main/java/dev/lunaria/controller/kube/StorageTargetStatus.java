package dev.lunaria.controller.kube;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a pool was found to be; sizes are quantities of Kubernetes ("931Gi"), rounded down, so that
 * not each write to a volume changes them. Immutable.
 *
 * @param observedGeneration generation of the spec that this was found for
 * @param conditions Ready: the server answers and serves this pool for this cluster
 * @param total size of the filesystem below the pool
 * @param free what is free in it, the server's reserve already taken off
 * @param provisioned sum of the volumes' sizes
 * @param available what may still be provisioned
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record StorageTargetStatus(
        long observedGeneration,
        List<Condition> conditions,
        @Nullable String total,
        @Nullable String free,
        @Nullable String provisioned,
        @Nullable String available) {}
