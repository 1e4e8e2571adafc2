package dev.lunaria.e2e.kubernetes;

import dev.lunaria.e2e.scenario.Tally.Row;
import java.util.List;

/**
 * A part of the scenario: steps that follow each other.
 *
 * @param headline what it is about
 */
record Chapter(String headline, List<Step> steps) {

    /**
     * One thing that a user does or that happens to one, and what has to come of it.
     *
     * @param necessary whether nothing that follows makes sense where it failed
     */
    record Step(String name, Row row, boolean necessary) {}

    static Step step(String name, Row row) {
        return new Step(name, row, false);
    }

    static Step necessary(String name, Row row) {
        return new Step(name, row, true);
    }
}
