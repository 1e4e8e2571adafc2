package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Two initiators against one target, with delays, reordered completions, lost and half-open
 * connections, aborts, resets, reinstatement and fences, all from a seed.
 *
 * <p>What must hold: no acknowledged write is lost; nothing is written after the answer to a
 * reinstating login, an abort, a reset or a fence that covers it; no command is answered twice, or
 * never; the CmdSN window is never broken; memory stays within its bound, and all of it comes back.
 *
 * <p>{@code -Dsimulation.seed=N} runs one seed.
 */
final class TargetSimulationTest {
    private static final int SEEDS = 1000;
    private static final int BLOCKS = 32;
    private static final long END = 2500;

    @Test
    void theTargetKeepsItsPromises() {
        Long one = Long.getLong("simulation.seed");
        long first = one == null ? 1 : one;
        int logins = 0;
        int answered = 0;
        for (long seed = first; seed < first + (one == null ? SEEDS : 1); seed++) {
            try {
                int[] counts = simulate(seed);
                logins += counts[0];
                answered += counts[1];
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        System.out.printf(
                "seeds from %d: %d logins, %d commands answered%n", first, logins, answered);
        assertThat(logins).isPositive();
    }

    private static int[] simulate(long seed) {
        SimWorld world = new SimWorld(seed);
        SimTarget target = new SimTarget(world, 2 * BLOCKS);
        List<SimInitiator> initiators = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String name = "iqn.2026-11.dev.lunaria:node" + i;
            target.grant(name);
            SimInitiator initiator = new SimInitiator(target, name, i * BLOCKS, BLOCKS, END);
            initiators.add(initiator);
            fences(world, target, name, initiator);
        }
        world.run();
        initiators.forEach(SimInitiator::assertAtRest);
        target.assertAtRest();
        assertThat(target.pool.used).as("Data-Out memory not given back").isZero();
        return new int[] {
            initiators.stream().mapToInt(i -> i.logins).sum(),
            initiators.stream().mapToInt(i -> i.answered).sum()
        };
    }

    /** Now and then an initiator is fenced, and granted again once the fence has returned. */
    private static void fences(
            SimWorld world, SimTarget target, String name, SimInitiator initiator) {
        world.in(
                world.between(300, 1500),
                () -> {
                    if (world.now() > END) {
                        return;
                    }
                    boolean[] returned = {false};
                    target.revoke(name)
                            .thenRun(() -> {
                                returned[0] = true;
                                initiator.fenced();
                                world.in(world.between(0, 200), () -> target.grant(name));
                                fences(world, target, name, initiator);
                            });
                    world.in(2000, () -> assertThat(returned[0]).as("the fence returned").isTrue());
                });
    }
}
