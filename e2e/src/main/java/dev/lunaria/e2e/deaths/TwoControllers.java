package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Status.Code;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Two controllers on one registry that are called at once: what they do is what one of them would
 * have done after the other. Used by one thread; it owns the second controller and two callers.
 */
final class TwoControllers {
    private static final int ROUNDS = 10;
    static final long BYTES = 64L << 20;
    private static final Repetition ORCHESTRATOR = Repetition.OF_AN_ORCHESTRATOR;

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
            var other = new Orchestrator(installation, channel.channel());
            var atOnce = new AtOnce(callers);
            new Race(watched, watched.orchestrator(), other, atOnce).run(tally);
            new RaceOfCopies(watched, watched.orchestrator(), other, atOnce).run(tally);
        } finally {
            second.kill();
        }
    }

    /** The rows, over both controllers. */
    private record Race(
            WatchedInstallation watched, Orchestrator a, Orchestrator b, AtOnce atOnce) {

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
                List<AtOnce.Outcome<Volume>> made =
                        atOnce.calls(() -> a.create(name, BYTES), () -> b.create(name, BYTES));
                made.forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
                Volume volume = ORCHESTRATOR.untilOk(() -> a.create(name, BYTES));
                check(
                        volume.equals(ORCHESTRATOR.untilOk(() -> b.create(name, BYTES))),
                        "the two made two volumes of one name");
                for (AtOnce.Outcome<Volume> one : made) {
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
                List<AtOnce.Outcome<Map<String, String>>> granted =
                        atOnce.calls(
                                () -> a.controllerPublish(volume, mine),
                                () -> b.controllerPublish(volume, theirs));
                granted.forEach(one ->
                        one.requireOneOf(
                                Set.of(Code.OK, Code.ABORTED, Code.FAILED_PRECONDITION), counts));
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
                atOnce.calls(
                                () -> a.controllerPublish(volume, host).size(),
                                () -> {
                                    b.controllerUnpublish(volume, host);
                                    return 0;
                                })
                        .forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
                check(activeGrants(volume) <= 1, "one node has two grants");
            }
            var _ =
                    ORCHESTRATOR.untilOk(() -> {
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
                atOnce.calls(() -> deleted(a, volume), () -> deleted(b, volume))
                        .forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
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
            var _ = ORCHESTRATOR.untilOk(() -> deleted(orchestrator, volume));
        }
    }
}
