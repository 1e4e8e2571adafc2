package dev.lunaria.controller.kube;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a volume was found at its target. Immutable.
 *
 * @param observedGeneration generation of the spec that this was found for
 * @param phase where it is in its life
 * @param conditions Ready: its LUN is there and whole
 * @param volumeId the volume's id in CSI, as PersistentVolumes have it
 * @param size its size as a quantity of Kubernetes; grows
 * @param nodes nodes that hold a grant for it
 * @param fencedNodes nodes that were fenced while they were out of service, and to which it counts
 *     as published until Kubernetes has detached it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LunariaVolumeStatus(
        long observedGeneration,
        Phase phase,
        List<Condition> conditions,
        String volumeId,
        @Nullable String size,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> nodes,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> fencedNodes) {

    /** Where a volume is in its life. */
    enum Phase {
        /** Its place is chosen, its LUN isn't made yet. */
        @JsonProperty("Pending")
        PENDING,
        /** It is being filled from its source. */
        @JsonProperty("Copying")
        COPYING,
        /** It can be used. */
        @JsonProperty("Ready")
        READY,
        /** What it was to be copied from could not be read. */
        @JsonProperty("Failed")
        FAILED,
        /** It is being deleted. */
        @JsonProperty("Deleting")
        DELETING,
        /** Its pool is gone for good. */
        @JsonProperty("Retired")
        RETIRED
    }
}
