package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.ListSnapshotsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What the controller relies on where LUNs grow, are copied and have snapshots: for the fake and
 * the real server alike.
 */
public abstract class TargetCopiesContract extends TargetAdminContract {

    private Lun expand(Lun lun, long size) {
        return luns().expandLun(
                        ExpandLunRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .setSizeBytes(size)
                                .build());
    }

    @Test
    void aLunGrowsAndNeverShrinks() {
        Lun lun = made();

        assertThat(expand(lun, 2 * SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(expand(lun, 2 * SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(expand(lun, SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(now(lun).getSizeBytes()).isEqualTo(2 * SIZE);
    }

    /** By this the controller tells a LUN that grew from one that is another. */
    @Test
    void aLunThatGrewIsNotTheOneThatACreateOfTheOldSizeAsksFor() {
        String id = UUID.randomUUID().toString();
        CreateLunRequest request = lun(id).build();
        expand(luns().createLun(request), 2 * SIZE);

        assertCode(Status.Code.ALREADY_EXISTS, () -> luns().createLun(request));
    }

    @Test
    void growthOfNoLunAndToNoSizeIsRefused() {
        Lun lun = made();

        assertCode(Status.Code.OUT_OF_RANGE, () -> expand(lun, SIZE + 1));
        assertCode(Status.Code.OUT_OF_RANGE, () -> expand(lun, 0));
        assertCode(
                Status.Code.NOT_FOUND,
                () -> expand(lun.toBuilder().setLun(UUID.randomUUID().toString()).build(), SIZE));
    }

    private SnapshotsGrpc.SnapshotsBlockingStub snapshots() {
        return SnapshotsGrpc.newBlockingStub(channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private static CreateSnapshotsRequest.Entry order(Lun lun, String snapshot) {
        return CreateSnapshotsRequest.Entry.newBuilder()
                .setPool(lun.getPool())
                .setLun(lun.getLun())
                .setSnapshot(snapshot)
                .setName("snap-" + snapshot)
                .build();
    }

    private List<Snapshot> take(String group, CreateSnapshotsRequest.Entry... orders) {
        return snapshots()
                .createSnapshots(
                        CreateSnapshotsRequest.newBuilder()
                                .setGroup(group)
                                .addAllEntries(List.of(orders))
                                .build())
                .getSnapshotsList();
    }

    private Snapshot taken(Lun lun) {
        return take("", order(lun, uuid())).getFirst();
    }

    private Snapshot get(String snapshot) {
        return snapshots()
                .getSnapshot(
                        GetSnapshotRequest.newBuilder()
                                .setPool(pool().toString())
                                .setSnapshot(snapshot)
                                .build());
    }

    private ListSnapshotsResponse list(ListSnapshotsRequest.Builder request) {
        return snapshots().listSnapshots(request.setPool(pool().toString()).build());
    }

    private void delete(Snapshot snapshot) {
        assertThat(
                        snapshots()
                                .deleteSnapshot(
                                        DeleteSnapshotRequest.newBuilder()
                                                .setPool(snapshot.getPool())
                                                .setSnapshot(snapshot.getSnapshot())
                                                .build()))
                .isNotNull();
    }

    private void delete(Lun lun) {
        assertThat(
                        luns().deleteLun(
                                        DeleteLunRequest.newBuilder()
                                                .setPool(lun.getPool())
                                                .setLun(lun.getLun())
                                                .build()))
                .isNotNull();
    }

    private static String uuid() {
        return UUID.randomUUID().toString();
    }

    /** Asks until it is; the deadline of the test's patience, not of the server. */
    private static <T> T eventually(Supplier<T> question, Predicate<T> wanted) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        T answer = question.get();
        while (!wanted.test(answer) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            answer = question.get();
        }
        assertThat(wanted.test(answer)).as("%s", answer).isTrue();
        return answer;
    }

    private Snapshot ready(Snapshot snapshot) {
        return eventually(
                () -> get(snapshot.getSnapshot()), now -> now.getState() == Snapshot.State.READY);
    }

    private Lun ready(Lun lun) {
        return eventually(() -> now(lun), now -> now.getContent() == Lun.Content.READY);
    }

    private CreateLunRequest copy(String id, LunSource source) {
        return lun(id).setSource(source).build();
    }

    private static LunSource of(Lun lun) {
        return LunSource.newBuilder().setLun(lun.getLun()).build();
    }

    private static LunSource of(Snapshot snapshot) {
        return LunSource.newBuilder().setSnapshot(snapshot.getSnapshot()).build();
    }

    @Test
    void aSnapshotIsTakenOnceAndKeepsItsShape() {
        Lun lun = made();
        var order = order(lun, uuid());
        Snapshot first = take("", order).getFirst();

        assertThat(first.getPool()).isEqualTo(lun.getPool());
        assertThat(first.getSnapshot()).isEqualTo(order.getSnapshot());
        assertThat(first.getLun()).isEqualTo(lun.getLun());
        assertThat(first.getName()).isEqualTo(order.getName());
        assertThat(first.getClusterId()).isEqualTo(clusterId());
        assertThat(first.getSizeBytes()).isEqualTo(SIZE);
        assertThat(first.getTaken().getSeconds()).isPositive();
        assertThat(first.getGroup()).isEmpty();
        assertThat(take("", order).getFirst().getTaken()).isEqualTo(first.getTaken());
        assertThat(ready(first).getTaken()).isEqualTo(first.getTaken());
        Lun other = made();
        assertCode(Status.Code.ALREADY_EXISTS, () -> take("", order(other, order.getSnapshot())));
    }

    /** The controller's ids aren't random: they are computed from names. */
    @Test
    void anyUuidMayBeASnapshotsAndNothingElse() {
        Lun lun = made();
        String computed = "6f1c0c56-7b0e-8a6e-9c64-0d6f5b2d" + lun.getLun().substring(32);

        assertThat(take("", order(lun, computed)).getFirst().getSnapshot()).isEqualTo(computed);
        assertCode(Status.Code.INVALID_ARGUMENT, () -> take("", order(lun, "../../etc")));
    }

    @Test
    void snapshotsOfOneCallShareAnInstantAndAGroup() {
        Lun one = made();
        Lun two = made();
        String group = uuid();
        List<Snapshot> taken = take(group, order(one, uuid()), order(two, uuid()));

        assertThat(taken).extracting(Snapshot::getLun).containsExactly(one.getLun(), two.getLun());
        assertThat(taken).extracting(Snapshot::getGroup).containsOnly(group);
        assertThat(taken).extracting(Snapshot::getTaken).containsOnly(taken.get(0).getTaken());
        assertThat(list(ListSnapshotsRequest.newBuilder().setGroup(group)).getSnapshotsList())
                .extracting(Snapshot::getSnapshot)
                .containsExactlyInAnyOrderElementsOf(
                        taken.stream().map(Snapshot::getSnapshot).toList());
    }

    @Test
    void allOrNoSnapshotsAreTaken() {
        Lun lun = made();
        Lun none = lun.toBuilder().setLun(uuid()).build();
        String snapshot = uuid();

        assertCode(
                Status.Code.NOT_FOUND,
                () -> take(uuid(), order(lun, snapshot), order(none, uuid())));
        assertCode(Status.Code.NOT_FOUND, () -> get(snapshot));
    }

    @Test
    void aSnapshotOutlivesItsLunAndIsStillWhatTheCallReturns() {
        Lun lun = made();
        var order = order(lun, uuid());
        Snapshot snapshot = ready(take("", order).getFirst());
        delete(lun);

        assertThat(get(snapshot.getSnapshot()).getLun()).isEqualTo(lun.getLun());
        assertThat(take("", order).getFirst().getTaken()).isEqualTo(snapshot.getTaken());
        for (int i = 0; i < 3; i++) {
            delete(snapshot);
        }
        assertCode(Status.Code.NOT_FOUND, () -> get(snapshot.getSnapshot()));
        assertCode(Status.Code.NOT_FOUND, () -> take("", order));
    }

    @Test
    void snapshotsAreListedByIdInPagesAndByLun() {
        Lun lun = made();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(taken(lun).getSnapshot());
        }
        taken(made());
        var seen = new ArrayList<String>();
        var request = ListSnapshotsRequest.newBuilder().setLun(lun.getLun()).setPageSize(2);
        do {
            ListSnapshotsResponse page = list(request);
            page.getSnapshotsList().forEach(snapshot -> seen.add(snapshot.getSnapshot()));
            request.setPageToken(page.getNextPageToken());
        } while (!request.getPageToken().isEmpty());

        assertThat(seen).containsExactlyElementsOf(all.stream().sorted().toList());
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> list(ListSnapshotsRequest.newBuilder().setPageToken("nonsense")));
    }

    @Test
    void aCopyIsMadeOnceAndNamesItsSource() {
        Lun lun = made();
        Snapshot snapshot = ready(taken(lun));
        for (LunSource source : List.of(of(lun), of(snapshot))) {
            var request = copy(uuid(), source);
            Lun copy = ready(luns().createLun(request));
            assertThat(copy.getSource()).isEqualTo(source);
            assertThat(luns().createLun(request)).isEqualTo(copy);
            assertCode(
                    Status.Code.ALREADY_EXISTS, () -> luns().createLun(lun(copy.getLun()).build()));
        }
    }

    /** The controller asks again when the source may be gone. */
    @Test
    void aCopyOutlivesItsSourceAndIsStillWhatTheCallReturns() {
        Lun lun = made();
        Snapshot snapshot = ready(taken(lun));
        var ofLun = copy(uuid(), of(lun));
        var ofSnapshot = copy(uuid(), of(snapshot));
        ready(luns().createLun(ofLun));
        ready(luns().createLun(ofSnapshot));
        delete(snapshot);
        delete(lun);

        assertThat(luns().createLun(ofLun).getContent()).isEqualTo(Lun.Content.READY);
        assertThat(luns().createLun(ofSnapshot).getContent()).isEqualTo(Lun.Content.READY);
    }

    @Test
    void aCopyMayBeLargerThanItsSourceButNotSmaller() {
        Lun lun = made();
        Snapshot snapshot = ready(taken(lun));
        for (LunSource source : List.of(of(lun), of(snapshot))) {
            assertThat(
                            luns().createLun(
                                            lun(uuid())
                                                    .setSource(source)
                                                    .setSizeBytes(2 * SIZE)
                                                    .build())
                                    .getSizeBytes())
                    .isEqualTo(2 * SIZE);
            assertCode(
                    Status.Code.OUT_OF_RANGE,
                    () ->
                            luns().createLun(
                                            lun(uuid())
                                                    .setSource(source)
                                                    .setSizeBytes(SIZE / 2)
                                                    .build()));
        }
    }

    @Test
    void aCopyOfNothingIsRefused() {
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        luns().createLun(
                                        copy(
                                                uuid(),
                                                LunSource.newBuilder().setLun(uuid()).build())));
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        luns().createLun(
                                        copy(
                                                uuid(),
                                                LunSource.newBuilder()
                                                        .setSnapshot(uuid())
                                                        .build())));
    }
}
