package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.text.OperationalWants;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The target of a simulation: grants with epochs, a directory, one store, bounded memory. */
final class SimTarget implements LoginAuthority, ServedTargets {
    static final String NAME = "iqn.2026-11.dev.lunaria:sim";
    static final SessionBounds BOUNDS = new SessionBounds(8, 16 << 10);
    static final int POOL_BYTES = 24 << 10;

    final SimWorld world;
    final SimStore store;
    final SessionDirectory directory = new SessionDirectory(64);
    final MemoryPool pool = new MemoryPool(POOL_BYTES);
    final TargetEnvironment environment;
    private final Map<String, Integer> epochs = new HashMap<>();
    private final Map<String, Boolean> active = new HashMap<>();

    record Granted(String initiator, int epoch) implements Grant {}

    SimTarget(SimWorld world, int blocks) {
        this.world = world;
        this.store = new SimStore(world, blocks);
        this.environment =
                new TargetEnvironment(
                        this,
                        this,
                        directory,
                        OperationalWants.forTarget(),
                        BOUNDS,
                        pool,
                        () -> Instant.EPOCH,
                        world.random);
    }

    void grant(String initiator) {
        epochs.merge(initiator, 1, Integer::sum);
        active.put(initiator, true);
    }

    boolean isGranted(String initiator) {
        return active.getOrDefault(initiator, false);
    }

    /** The fence: durably gone first, then the sessions. */
    CompletableFuture<Void> revoke(String initiator) {
        active.put(initiator, false);
        return directory.end(session -> session.nexus().initiatorName().equals(initiator));
    }

    private Granted current(String initiator) {
        return new Granted(initiator, epochs.getOrDefault(initiator, 0));
    }

    @Override
    public Decision decide(Attempt attempt) {
        return isGranted(attempt.initiatorName())
                ? new Decision.Granted(current(attempt.initiatorName()), null, null)
                : new Decision.Refused(LoginStatus.AUTHORIZATION_FAILURE, "no grant");
    }

    @Override
    public boolean hasSession(int tsih) {
        return directory.has(tsih);
    }

    @Override
    public @Nullable DeviceServer open(Grant grant, Nexus nexus) {
        String initiator = nexus.initiatorName();
        return isGranted(initiator) && grant.equals(current(initiator)) ? store.open() : null;
    }

    @Override
    public List<String> grantedTo(String initiatorName) {
        return isGranted(initiatorName) ? List.of(NAME) : List.of();
    }

    /** What must hold when nothing happens any more. */
    void assertAtRest() {
        assertThat(store.executing()).as("commands executing").isZero();
        assertThat(store.leasesOut).as("read buffers out").isZero();
        assertThat(pool.largest).as("Data-Out memory").isLessThanOrEqualTo(POOL_BYTES);
    }
}
