package dev.lunaria.controller.kube;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a node was found to be. Immutable.
 *
 * @param observedGeneration generation of the spec that this was found for
 * @param conditions Ready: Kubernetes has the node as ready, and its kubelet knows the node plugin;
 *     OutOfService: it is tainted so, and fenced at every target
 * @param volumes volumes that it holds a grant for
 * @param sessions iSCSI sessions that it has at the target servers; fewer than its volumes where
 *     some aren't staged, or have lost their connection
 * @param backend how it attaches volumes, as it said when it registered; null: it didn't say
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LunariaNodeStatus(
        long observedGeneration,
        List<Condition> conditions,
        int volumes,
        int sessions,
        @Nullable String backend) {}
