package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Two controllers on one registry that are called at once: what they do is what one of them would
 * have done after the other. Used by one thread; it owns the second controller and two callers.
 */
final class TwoControllers {
    private static final int ROUNDS = 10;
    private static final long BYTES = 64L << 20;
    private static final Set<Code> HASTE = Set.of(Code.OK, Code.ABORTED);

    private final Tally tally;
    private final WatchedInstallation watched;

    TwoControllers(Tally tally, WatchedInstallation watched) {
        this.tally = tally;
        this.watched = watched;
    }

    /** Carries out its rows. */
    void run() throws Exception {
        tally.headline("Two controllers are called at once, " + ROUNDS + " times each");
        Installation installation = watched.installation();
        ServerProcess second = installation.startAnotherController("controller2");
        try (GrpcChannel channel =
                        GrpcChannel.open(
                                new Endpoint.Unix(installation.layout().socket("controller2")));
                ExecutorService callers = Executors.newFixedThreadPool(2)) {
            new Race(
                            watched,
                            watched.orchestrator(),
                            new Orchestrator(installation, channel.channel()),
                            callers)
                    .run(tally);
        } finally {
            second.kill();
        }
    }

    /** What one of two calls came to; no value: it was refused. */
    private record Outcome<T>(Code code, @Nullable T value) {}

    /** The rows, over both controllers. */
    private record Race(
            WatchedInstallation watched, Orchestrator a, Orchestrator b, ExecutorService callers) {

        void run(Tally tally) throws InterruptedException {
            tally.row("CreateVolume of one name by both", this::create);
            tally.row("ControllerPublishVolume to a node each", this::publish);
            tally.row(
                    "ControllerPublishVolume by one, ControllerUnpublishVolume by the other",
                    this::publishAndUnpublish);
            tally.row("DeleteVolume by both", this::delete);
            tally.row("nothing is left", () -> Traces.requireNone(watched));
        }

        private String create() throws Exception {
            var counts = new EnumMap<Code, Integer>(Code.class);
            for (int round = 0; round < ROUNDS; round++) {
                String name = "both-" + round;
                List<Outcome<Volume>> made =
                        atOnce(() -> a.create(name, BYTES), () -> b.create(name, BYTES));
                made.forEach(one -> requireOneOf(HASTE, one, counts));
                Volume volume = Retries.untilOk(() -> a.create(name, BYTES)).value();
                check(
                        volume.equals(Retries.untilOk(() -> b.create(name, BYTES)).value()),
                        "the two made two volumes of one name");
                for (Outcome<Volume> one : made) {
                    check(
                            one.value() == null || one.value().equals(volume),
                            "one answered with a volume that isn't there any more");
                }
                delete(a, volume);
            }
            return counts.toString();
        }

        private String publish() throws Exception {
            var counts = new EnumMap<Code, Integer>(Code.class);
            NodeHost mine = watched.host(0);
            NodeHost theirs = watched.host(1);
            for (int round = 0; round < ROUNDS; round++) {
                Volume volume = a.create("nodes-" + round, BYTES);
                List<Outcome<Map<String, String>>> granted =
                        atOnce(
                                () -> a.controllerPublish(volume, mine),
                                () -> b.controllerPublish(volume, theirs));
                granted.forEach(one ->
                        requireOneOf(
                                Set.of(Code.OK, Code.ABORTED, Code.FAILED_PRECONDITION),
                                one,
                                counts));
                long winners = granted.stream().filter(one -> one.code() == Code.OK).count();
                check(
                        winners == activeGrants(volume),
                        "%d controllers said OK, and %d grants live"
                                .formatted(winners, activeGrants(volume)));
                check(winners <= 1, "two nodes may write");
                a.controllerUnpublish(volume, mine);
                a.controllerUnpublish(volume, theirs);
                delete(a, volume);
            }
            return counts.toString();
        }

        private String publishAndUnpublish() throws Exception {
            var counts = new EnumMap<Code, Integer>(Code.class);
            NodeHost host = watched.host(0);
            Volume volume = a.create("tug", BYTES);
            for (int round = 0; round < ROUNDS; round++) {
                atOnce(
                                () -> a.controllerPublish(volume, host).size(),
                                () -> {
                                    b.controllerUnpublish(volume, host);
                                    return 0;
                                })
                        .forEach(one -> requireOneOf(HASTE, one, counts));
                check(activeGrants(volume) <= 1, "one node has two grants");
            }
            var _ =
                    Retries.untilOk(() -> {
                        b.controllerUnpublish(volume, host);
                        return true;
                    });
            check(activeGrants(volume) == 0, "a grant lives after the last unpublish");
            delete(b, volume);
            return counts.toString();
        }

        private String delete() throws Exception {
            var counts = new EnumMap<Code, Integer>(Code.class);
            for (int round = 0; round < ROUNDS; round++) {
                Volume volume = a.create("gone-" + round, BYTES);
                atOnce(() -> deleted(a, volume), () -> deleted(b, volume))
                        .forEach(one -> requireOneOf(HASTE, one, counts));
                delete(a, volume);
            }
            return counts.toString();
        }

        private long activeGrants(Volume volume) {
            return new LunView(watched.installation(), volume)
                    .read().getGrantsList().stream()
                            .filter(grant -> grant.getState() == Grant.State.ACTIVE)
                            .count();
        }

        private static boolean deleted(Orchestrator orchestrator, Volume volume) {
            orchestrator.delete(volume);
            return true;
        }

        private static void delete(Orchestrator orchestrator, Volume volume) throws Exception {
            var _ = Retries.untilOk(() -> deleted(orchestrator, volume));
        }

        private static void requireOneOf(
                Set<Code> codes, Outcome<?> outcome, Map<Code, Integer> counts) {
            check(codes.contains(outcome.code()), "a call was answered " + outcome.code());
            counts.merge(outcome.code(), 1, Integer::sum);
        }

        private <T> List<Outcome<T>> atOnce(Callable<T> first, Callable<T> second)
                throws Exception {
            var start = new CyclicBarrier(2);
            Future<Outcome<T>> one = callers.submit(() -> outcome(start, first));
            Future<Outcome<T>> two = callers.submit(() -> outcome(start, second));
            return List.of(one.get(), two.get());
        }

        private static <T> Outcome<T> outcome(CyclicBarrier start, Callable<T> call)
                throws Exception {
            start.await();
            try {
                return new Outcome<>(Code.OK, call.call());
            } catch (StatusRuntimeException e) {
                return new Outcome<>(e.getStatus().getCode(), null);
            }
        }
    }
}
