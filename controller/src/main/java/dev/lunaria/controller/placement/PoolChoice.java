package dev.lunaria.controller.placement;

import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Capacity;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PoolSpace;
import dev.lunaria.controller.volume.RegisteredTargets;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.VolumeSource;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.log.CallContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Chooses pools: of those that may be used and have room, the one nearest to where the volume is
 * wanted, and of these the one with the most room. Used by any thread; keeps nothing. Asks all
 * pools at once, each within its target's deadline.
 */
public final class PoolChoice {

    private final RegisteredTargets registered;
    private final Targets targets;
    private final String clusterId;
    private final Supplier<ExecutorService> askers;

    /**
     * @param askers makes the threads that ask the targets, for one choice
     */
    public PoolChoice(
            RegisteredTargets registered,
            Targets targets,
            String clusterId,
            Supplier<ExecutorService> askers) {
        this.registered = registered;
        this.targets = targets;
        this.clusterId = clusterId;
        this.askers = askers;
    }

    /** A pool and what may still be provisioned in it. */
    private record Room(StorageTarget target, long availableBytes) {}

    /** What the pools answered, and why some didn't. */
    private record Survey(List<Room> rooms, List<Failure> failures) {}

    /**
     * A copy goes where its source is. {@code EXHAUSTED}: no pool has room. {@code UNAVAILABLE}:
     * none that answers has, but others may. {@code INVALID}: the parameters name another target
     * than the source's.
     */
    UUID choose(long sizeBytes, VolumeRequest request) {
        Topology topology = request.topology();
        Optional<UUID> only = request.source().map(VolumeSource::pool);
        only.ifPresent(pool -> requireTarget(pool, request.parameters()));
        Survey survey =
                survey(
                        request.parameters(),
                        topology,
                        target -> only.map(target.pool()::equals).orElse(true));
        Comparator<Room> best =
                Comparator.<Room>comparingInt(room -> topology.rank(room.target().topology()))
                        .thenComparing(Comparator.comparingLong(Room::availableBytes).reversed())
                        .thenComparing(room -> room.target().pool().toString());
        return survey.rooms().stream()
                .filter(room -> room.availableBytes() >= sizeBytes)
                .min(best)
                .map(room -> room.target().pool())
                .orElseThrow(() -> noRoom(sizeBytes, survey));
    }

    private void requireTarget(UUID pool, Parameters parameters) {
        String name = registered.of(pool).name();
        if (!parameters.target().map(name::equals).orElse(true)) {
            throw new Failure(
                    INVALID,
                    "the source is on StorageTarget \"%s\", and a copy goes where its source is; correct the parameter \"target\", or leave it out"
                            .formatted(name));
        }
    }

    Capacity capacity(Parameters parameters, Topology topology) {
        Survey survey = survey(parameters, topology, _ -> true);
        if (survey.rooms().isEmpty() && !survey.failures().isEmpty()) {
            throw survey.failures().getFirst();
        }
        long all = 0;
        long largest = 0;
        for (Room room : survey.rooms()) {
            all = saturatedSum(all, room.availableBytes());
            largest = Math.max(largest, Math.min(room.availableBytes(), SizeRange.MAXIMUM_BYTES));
        }
        return new Capacity(all, largest);
    }

    private static long saturatedSum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static Failure noRoom(long sizeBytes, Survey survey) {
        if (!survey.failures().isEmpty()) {
            Failure first = survey.failures().getFirst();
            return new Failure(
                    UNAVAILABLE, "no pool that answers has room; " + first.getMessage(), first);
        }
        return new Failure(
                EXHAUSTED,
                survey.rooms().isEmpty()
                        ? "no StorageTarget may take this volume; register one, or look at cordoned, retired, topology and the parameter \"target\" (a copy goes where its source is)"
                        : "no pool has room for "
                                + sizeBytes
                                + " bytes; free space, or raise overcommitPercent of a StorageTarget");
    }

    private Survey survey(
            Parameters parameters, Topology topology, Predicate<StorageTarget> candidate) {
        List<StorageTarget> candidates =
                registered.all().stream()
                        .filter(target ->
                                parameters.target().map(target.name()::equals).orElse(true))
                        .map(Document::spec)
                        .filter(target ->
                                candidate.test(target)
                                        && !target.retired()
                                        && !target.cordoned()
                                        && topology.admits(target.topology()))
                        .toList();
        var rooms = new ArrayList<Room>();
        var failures = new ArrayList<Failure>();
        try (ExecutorService threads = askers.get()) {
            List<Future<Room>> answers =
                    candidates.stream()
                            .map(target -> threads.submit(CallContext.along(() -> room(target))))
                            .toList();
            for (Future<Room> answer : answers) {
                collect(answer, rooms, failures);
            }
        }
        return new Survey(rooms, failures);
    }

    private Room room(StorageTarget target) {
        PoolSpace space = targets.open(target).space();
        if (!space.clusterId().equals(clusterId)) {
            throw new Failure(
                    UNAVAILABLE,
                    "pool %s is of cluster \"%s\", not \"%s\"; correct the StorageTarget"
                            .formatted(target.pool(), space.clusterId(), clusterId));
        }
        return new Room(target, space.available(target.overcommitPercent()));
    }

    private static void collect(Future<Room> answer, List<Room> rooms, List<Failure> failures) {
        try {
            rooms.add(answer.get());
        } catch (ExecutionException e) {
            failures.add(
                    e.getCause() instanceof Failure failure
                            ? failure
                            : new Failure(UNAVAILABLE, "asking a pool for its room failed", e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(UNAVAILABLE, "the controller is stopping; repeat", e);
        }
    }
}
