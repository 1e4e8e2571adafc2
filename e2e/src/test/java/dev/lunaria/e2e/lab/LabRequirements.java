package dev.lunaria.e2e.lab;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Requirements;
import java.io.IOException;
import java.util.Optional;

/** A lab for a test, or the reason why there is none here. */
final class LabRequirements {
    private LabRequirements() {}

    /** Boots hosts, or skips the test. */
    static Lab lab(String name, String memory, String... hosts)
            throws IOException, InterruptedException {
        Distribution programs = Requirements.programs();
        Optional<String> obstacle = Lab.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
        return Lab.up(programs.project(), name, memory, hosts);
    }
}
