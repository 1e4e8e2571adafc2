package dev.lunaria.target.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.ImportLunRequest;
import dev.lunaria.proto.target.v1.ListAllocatedRangesRequest;
import dev.lunaria.proto.target.v1.ListChangedRangesRequest;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.snapshot.ImportFolders;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The codes of target.proto's comments: snapshots, LUNs made from something, imports, ranges. */
class SnapshotServicesTest extends AdminServices {
    private static CreateSnapshotsRequest take(String... lunsAndSnapshots) {
        CreateSnapshotsRequest.Builder request =
                CreateSnapshotsRequest.newBuilder().setGroup(GROUP);
        for (int i = 0; i < lunsAndSnapshots.length; i += 2) {
            request.addEntriesBuilder()
                    .setPool(POOLS.getFirst())
                    .setLun(lunsAndSnapshots[i])
                    .setSnapshot(lunsAndSnapshots[i + 1])
                    .setName("backup");
        }
        return request.build();
    }

    private Snapshot taken(String lun, String snapshot) {
        return call(services.snapshots()::createSnapshots, take(lun, snapshot)).getSnapshots(0);
    }

    private Snapshot ready(String snapshot) {
        GetSnapshotRequest get =
                GetSnapshotRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(snapshot)
                        .build();
        Snapshot now = call(services.snapshots()::getSnapshot, get);
        while (now.getState() == Snapshot.State.COPYING) {
            now = call(services.snapshots()::getSnapshot, get);
        }
        assertThat(now.getState()).isEqualTo(Snapshot.State.READY);
        assertThat(now.getRemainingBytes()).isZero();
        return now;
    }

    private static String id(int number) {
        return new UUID(number, 1).toString();
    }

    @Test
    void snapshots_are_taken_found_listed_and_deleted_with_the_codes_of_the_protocol()
            throws IOException {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        call(services.luns()::createLun, create(POOLS.getFirst(), id(20)));
        Snapshot first = taken(LUN, id(1));
        assertThat(first.getLun()).isEqualTo(LUN);
        assertThat(first.getSizeBytes()).isEqualTo(1 << 20);
        assertThat(first.getGroup()).isEqualTo(GROUP);
        assertThat(first.getClusterId()).isEqualTo("cluster");
        assertThat(ready(id(1)).getTaken()).isEqualTo(first.getTaken());
        assertThat(taken(LUN, id(1))).isEqualTo(ready(id(1)));
        call(services.snapshots()::createSnapshots, take(LUN, id(2), id(20), id(3)));
        ready(id(2));
        ready(id(3));

        assertSnapshotRefused(Status.Code.ALREADY_EXISTS, take(id(20), id(1)));
        assertSnapshotRefused(
                Status.Code.ALREADY_EXISTS,
                CreateSnapshotsRequest.newBuilder()
                        .addEntries(take(LUN, id(1)).getEntries(0).toBuilder().setName("other"))
                        .build());
        assertSnapshotRefused(Status.Code.NOT_FOUND, take(NOBODY, id(4)));
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take());
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take(LUN, "../x"));
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take(LUN, id(4), LUN, id(5)));
        Services full = services(Long.MAX_VALUE / 2);
        assertCode(
                Status.Code.RESOURCE_EXHAUSTED,
                () -> call(full.snapshots()::createSnapshots, take(LUN, id(4))));
        // All or none: one that can't be taken takes the others with it.
        assertSnapshotRefused(Status.Code.NOT_FOUND, take(LUN, id(4), NOBODY, id(5)));
        assertSnapshotRefused(Status.Code.FAILED_PRECONDITION, take(LUN, id(1), id(20), id(5)));

        List<String> listed = new ArrayList<>();
        ListSnapshotsRequest.Builder next =
                ListSnapshotsRequest.newBuilder().setPageSize(1).setLun(LUN).setGroup(GROUP);
        do {
            var page = call(services.snapshots()::listSnapshots, next.build());
            page.getSnapshotsList().forEach(one -> listed.add(one.getSnapshot()));
            next.setPageToken(page.getNextPageToken());
        } while (!next.getPageToken().isEmpty());
        assertThat(listed).containsExactly(id(1), id(2));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        call(
                                services.snapshots()::listSnapshots,
                                ListSnapshotsRequest.newBuilder().setPageToken("5").build()));

        deleteSnapshot(id(1));
        deleteSnapshot(id(1));
        assertCode(Status.Code.NOT_FOUND, () -> ready(id(1)));
        // Its id comes from a name, and a name may be used again.
        assertThat(taken(LUN, id(1)).getSnapshot()).isEqualTo(id(1));
    }

    private void assertSnapshotRefused(Status.Code code, CreateSnapshotsRequest request) {
        assertCode(code, () -> call(services.snapshots()::createSnapshots, request));
    }

    private void deleteSnapshot(String snapshot) {
        call(
                services.snapshots()::deleteSnapshot,
                DeleteSnapshotRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(snapshot)
                        .build());
    }

    @Test
    void a_lun_made_from_another_answers_with_the_codes_of_the_protocol() throws Exception {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        taken(LUN, id(1));
        ready(id(1));
        LunSource snapshot = LunSource.newBuilder().setSnapshot(id(1)).build();
        CreateLunRequest restore =
                create(POOLS.getFirst(), id(30)).toBuilder()
                        .setSource(snapshot)
                        .setSizeBytes(2 << 20)
                        .build();
        Lun restored = call(services.luns()::createLun, restore);
        assertThat(restored.getSource()).isEqualTo(snapshot);
        assertThat(restored.getSizeBytes()).isEqualTo(2 << 20);
        assertThat(restored.getContent()).isIn(Lun.Content.READY, Lun.Content.COPYING);
        assertThat(call(services.luns()::createLun, restore).getLun()).isEqualTo(id(30));
        assertLunRefused(Status.Code.ALREADY_EXISTS, restore.toBuilder().clearSource().build());
        CreateLunRequest another = restore.toBuilder().setLun(id(31)).build();
        assertLunRefused(Status.Code.OUT_OF_RANGE, another.toBuilder().setSizeBytes(4096).build());
        assertLunRefused(
                Status.Code.NOT_FOUND,
                another.toBuilder().setSource(LunSource.newBuilder().setSnapshot(NOBODY)).build());
        assertLunRefused(
                Status.Code.NOT_FOUND,
                another.toBuilder().setSource(LunSource.newBuilder().setLun(NOBODY)).build());
        assertLunRefused(
                Status.Code.INVALID_ARGUMENT,
                another.toBuilder().setSource(LunSource.getDefaultInstance()).build());
        // What is still being filled, or never will be, can't be granted, copied or grown.
        Pool pool = services.served().pool(POOLS.getFirst());
        for (Content content : List.of(Content.COPYING, Content.FAILED)) {
            pool.lun(LUN).contentIs(content);
            assertCode(
                    Status.Code.FAILED_PRECONDITION,
                    () -> call(services.grants()::createGrant, grant("node-a", 1)));
            assertSnapshotRefused(Status.Code.FAILED_PRECONDITION, take(LUN, id(5)));
            assertCode(Status.Code.FAILED_PRECONDITION, () -> expand(services, LUN, 4 << 20));
            assertLunRefused(
                    Status.Code.FAILED_PRECONDITION,
                    another.toBuilder().setSource(LunSource.newBuilder().setLun(LUN)).build());
        }
    }

    private void assertLunRefused(Status.Code code, CreateLunRequest request) {
        assertCode(code, () -> call(services.luns()::createLun, request));
    }

    /** The call that makes something may still be on the wire when its deletion returns. */
    @Test
    void what_was_deleted_is_not_made_again_by_a_call_that_arrives_late() throws IOException {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        for (String lun : List.of(LUN, id(40))) {
            call(
                    services.luns()::deleteLun,
                    DeleteLunRequest.newBuilder().setPool(POOLS.getFirst()).setLun(lun).build());
        }
        services = services(0);
        assertLunRefused(Status.Code.FAILED_PRECONDITION, create(POOLS.getFirst(), LUN));
        assertLunRefused(Status.Code.FAILED_PRECONDITION, create(POOLS.getFirst(), id(40)));
        // Another pool has ids of its own.
        call(services.luns()::createLun, create(POOLS.getLast(), LUN));
    }

    @Test
    void an_image_is_imported_from_import_folders_only() throws IOException {
        Path images = Files.createDirectory(folder.resolve("images"));
        Path image = Files.write(images.resolve("disk.raw"), new byte[8192]);
        ImportLunRequest request =
                ImportLunRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setLun(LUN)
                        .setName("imported")
                        .setClusterId("cluster")
                        .setImage(image.toString())
                        .setFilesystem("ext4")
                        .build();
        assertCode(Status.Code.PERMISSION_DENIED, () -> call(services.luns()::importLun, request));
        copying.imports = ImportFolders.of(List.of(images));
        services = services(0);
        Lun lun = call(services.luns()::importLun, request);
        assertThat(lun.getSizeBytes()).isEqualTo(8192);
        assertThat(lun.getFormat().getState()).isEqualTo(FormatState.State.READY);
        assertThat(lun.getFormat().getFilesystem()).isEqualTo("ext4");
        assertThat(lun.hasSource()).isFalse();
        assertThat(call(services.luns()::importLun, request).getLun()).isEqualTo(LUN);
        for (ImportLunRequest wrong :
                List.of(
                        request.toBuilder().setLun(NOBODY).setFilesystem("Ext 4").build(),
                        request.toBuilder().setLun(NOBODY).setImage("disk.raw").build())) {
            assertCode(Status.Code.INVALID_ARGUMENT, () -> call(services.luns()::importLun, wrong));
        }
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        call(
                                services.luns()::importLun,
                                request.toBuilder()
                                        .setLun(NOBODY)
                                        .setImage(images + "/no")
                                        .build()));
        assertCode(
                Status.Code.OUT_OF_RANGE,
                () ->
                        call(
                                services.luns()::importLun,
                                request.toBuilder().setLun(NOBODY).setSizeBytes(4096).build()));
    }

    @Test
    void ranges_are_of_ready_snapshots_of_one_lun() throws Exception {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        call(services.luns()::createLun, create(POOLS.getFirst(), id(20)));
        Pool pool = services.served().pool(POOLS.getFirst());
        Files.write(pool.data(pool.lun(LUN)), new byte[] {1}, StandardOpenOption.WRITE);
        call(services.snapshots()::createSnapshots, take(LUN, id(1), id(20), id(2)));
        ready(id(1));
        ready(id(2));
        ListAllocatedRangesRequest allocated =
                ListAllocatedRangesRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(id(1))
                        .build();
        ListRangesResponse ranges = call(services.snapshots()::listAllocatedRanges, allocated);
        assertThat(ranges.getSizeBytes()).isEqualTo(1 << 20);
        assertThat(ranges.getNextOffset()).isZero();
        assertThat(ranges.getRangesList()).isNotEmpty();
        assertThat(ranges.getRanges(0).getOffset()).isZero();
        ListChangedRangesRequest changed =
                ListChangedRangesRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setBaseSnapshot(id(1))
                        .setSnapshot(id(1))
                        .build();
        assertThat(call(services.snapshots()::listChangedRanges, changed).getRangesList())
                .isEmpty();
        assertRangesRefused(
                Status.Code.INVALID_ARGUMENT, changed.toBuilder().setSnapshot(id(2)).build());
        assertRangesRefused(
                Status.Code.NOT_FOUND, changed.toBuilder().setBaseSnapshot(NOBODY).build());
        pool.snapshot(id(1)).failed();
        assertRangesRefused(Status.Code.FAILED_PRECONDITION, changed);
        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> call(services.snapshots()::listAllocatedRanges, allocated));
    }

    private void assertRangesRefused(Status.Code code, ListChangedRangesRequest request) {
        assertCode(code, () -> call(services.snapshots()::listChangedRanges, request));
    }
}
