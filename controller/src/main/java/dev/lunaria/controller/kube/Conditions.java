package dev.lunaria.controller.kube;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conditions of a status, as Kubernetes has them. No state. */
final class Conditions {

    /** What most of them say. */
    static final String READY = "Ready";

    private Conditions() {}

    /**
     * What was found of one thing.
     *
     * @param type of what
     * @param status whether it is so
     * @param reason the same in one word
     * @param message for people, with what to do; may be empty
     */
    record Finding(String type, boolean status, String reason, String message) {

        static Finding yes(String type, String reason, String message) {
            return new Finding(type, true, reason, message);
        }

        static Finding no(String type, String reason, String message) {
            return new Finding(type, false, reason, message);
        }
    }

    /** The conditions of these findings; one whose status stays keeps its time. */
    static List<Condition> of(
            @Nullable List<Condition> before, List<Finding> found, long generation, Instant now) {
        return found.stream()
                .map(finding ->
                        condition(before == null ? List.of() : before, finding, generation, now))
                .toList();
    }

    private static Condition condition(
            List<Condition> before, Finding finding, long generation, Instant now) {
        String status = finding.status() ? "True" : "False";
        String since =
                before.stream()
                        .filter(condition -> finding.type().equals(condition.getType()))
                        .filter(condition -> status.equals(condition.getStatus()))
                        .map(Condition::getLastTransitionTime)
                        .findFirst()
                        .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
        return new ConditionBuilder()
                .withType(finding.type())
                .withStatus(status)
                .withReason(finding.reason())
                .withMessage(finding.message())
                .withObservedGeneration(generation)
                .withLastTransitionTime(since)
                .build();
    }
}
