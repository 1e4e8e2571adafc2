package dev.lunaria.controller.kube;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/**
 * How a node was found to be. Immutable.
 *
 * @param observedGeneration generation of the spec that this was found for
 * @param conditions Ready: Kubernetes has the node as ready, and its kubelet knows the node plugin;
 *     OutOfService: it is tainted so, and fenced at every target
 * @param volumes volumes that it holds a grant for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LunariaNodeStatus(long observedGeneration, List<Condition> conditions, int volumes) {}
