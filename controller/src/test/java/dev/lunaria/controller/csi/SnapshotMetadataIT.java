package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.GIB;
import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.BlockMetadata;
import dev.lunaria.proto.csi.v1.BlockMetadataType;
import dev.lunaria.proto.csi.v1.GetMetadataAllocatedRequest;
import dev.lunaria.proto.csi.v1.GetMetadataAllocatedResponse;
import dev.lunaria.proto.csi.v1.GetMetadataDeltaRequest;
import dev.lunaria.proto.csi.v1.GetMetadataDeltaResponse;
import dev.lunaria.proto.csi.v1.SnapshotMetadataGrpc;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GetMetadataAllocated and GetMetadataDelta (CSI v1.13, "Snapshot Metadata Service RPCs"). */
final class SnapshotMetadataIT {

    private static final long MIB = 1L << 20;

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;
    private String volume;
    private String first;
    private String second;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        csi = cluster.startController("c");
        volume = csi.create("pvc-1").getVolumeId();
        first = csi.snapshot("snap-1", volume).getSnapshotId();
        second = csi.snapshot("snap-2", volume).getSnapshotId();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void holds(String snapshot, long... offsetsAndLengths) {
        target.holds(
                UUID.fromString(snapshot.substring(snapshot.indexOf('/') + 1)), offsetsAndLengths);
    }

    private SnapshotMetadataGrpc.SnapshotMetadataBlockingStub stub() {
        return SnapshotMetadataGrpc.newBlockingStub(csi.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static GetMetadataAllocatedRequest.Builder of(String snapshot) {
        return GetMetadataAllocatedRequest.newBuilder().setSnapshotId(snapshot);
    }

    private List<GetMetadataAllocatedResponse> allocated(
            GetMetadataAllocatedRequest.Builder request) {
        var answers = new ArrayList<GetMetadataAllocatedResponse>();
        stub().getMetadataAllocated(request.build()).forEachRemaining(answers::add);
        return answers;
    }

    private static GetMetadataDeltaRequest.Builder between(String base, String later) {
        return GetMetadataDeltaRequest.newBuilder()
                .setBaseSnapshotId(base)
                .setTargetSnapshotId(later);
    }

    private List<GetMetadataDeltaResponse> delta(GetMetadataDeltaRequest.Builder request) {
        var answers = new ArrayList<GetMetadataDeltaResponse>();
        stub().getMetadataDelta(request.build()).forEachRemaining(answers::add);
        return answers;
    }

    private static BlockMetadata block(long offset, long length) {
        return BlockMetadata.newBuilder().setByteOffset(offset).setSizeBytes(length).build();
    }

    @Test
    void whatASnapshotHoldsIsToldInOrderWithItsSize() {
        holds(first, 0, 4096, MIB, 2 * MIB);
        assertThat(allocated(of(first)))
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.getBlockMetadataType())
                            .isEqualTo(BlockMetadataType.VARIABLE_LENGTH);
                    assertThat(answer.getVolumeCapacityBytes()).isEqualTo(GIB);
                    assertThat(answer.getBlockMetadataList())
                            .containsExactly(block(0, 4096), block(MIB, 2 * MIB));
                });
    }

    @Test
    void oneThatHoldsNothingTellsItsSize() {
        assertThat(allocated(of(first)))
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.getVolumeCapacityBytes()).isEqualTo(GIB);
                    assertThat(answer.getBlockMetadataList()).isEmpty();
                });
    }

    @Test
    void anAnswerHasNoMoreRangesThanAskedFor() {
        holds(first, LongStream.range(0, 7).flatMap(i -> LongStream.of(i * MIB, 4096)).toArray());
        List<GetMetadataAllocatedResponse> answers = allocated(of(first).setMaxResults(3));
        assertThat(answers).extracting(a -> a.getBlockMetadataCount()).containsExactly(3, 3, 1);
        assertThat(answers.stream().flatMap(a -> a.getBlockMetadataList().stream()))
                .extracting(BlockMetadata::getByteOffset)
                .containsExactly(0L, MIB, 2 * MIB, 3 * MIB, 4 * MIB, 5 * MIB, 6 * MIB);
    }

    /** The caller goes on behind what it has got, after its connection was lost. */
    @Test
    void whatEndsBeforeTheOffsetIsLeftOut() {
        holds(first, 0, MIB, 2 * MIB, MIB, 8 * MIB, MIB);
        assertThat(allocated(of(first).setStartingOffset(MIB)).getFirst().getBlockMetadataList())
                .containsExactly(block(2 * MIB, MIB), block(8 * MIB, MIB));
        assertThat(allocated(of(first).setStartingOffset(GIB)).getFirst().getBlockMetadataList())
                .isEmpty();
    }

    @Test
    void anOffsetThatCannotBeIsOutOfRange() {
        for (long offset : new long[] {-1, GIB + 1}) {
            assertRefused(
                    Status.Code.OUT_OF_RANGE,
                    "starting_offset",
                    () -> allocated(of(first).setStartingOffset(offset)));
            assertRefused(
                    Status.Code.OUT_OF_RANGE,
                    "starting_offset",
                    () -> delta(between(first, second).setStartingOffset(offset)));
        }
    }

    @Test
    void whatIsMissingIsInvalid() {
        Status.Code invalid = Status.Code.INVALID_ARGUMENT;
        assertRefused(invalid, "snapshot_id", () -> allocated(of("")));
        assertRefused(invalid, "base_snapshot_id", () -> delta(between("", second)));
        assertRefused(invalid, "target_snapshot_id", () -> delta(between(first, "")));
        assertRefused(invalid, "max_results", () -> allocated(of(first).setMaxResults(-1)));
    }

    @Test
    void anUnknownSnapshotIsNotFound() {
        String unknown = target.pool() + "/" + UUID.randomUUID();
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> allocated(of(unknown)));
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> allocated(of("nonsense")));
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> delta(between(unknown, second)));
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> delta(between(first, unknown)));
    }

    @Test
    void whatDiffersIsToldInPages() {
        holds(second, 0, 4096, MIB, 4096, 2 * MIB, 4096);
        List<GetMetadataDeltaResponse> answers = delta(between(first, second).setMaxResults(2));
        assertThat(answers).extracting(a -> a.getBlockMetadataCount()).containsExactly(2, 1);
        assertThat(answers).allMatch(a -> a.getVolumeCapacityBytes() == GIB);
    }

    @Test
    void snapshotsOfTwoVolumesCannotBeCompared() {
        String other = csi.create("pvc-2").getVolumeId();
        String stranger = csi.snapshot("snap-3", other).getSnapshotId();
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "one volume", () -> delta(between(first, stranger)));
    }

    @Test
    void oneThatIsStillBeingCopiedIsAskedForAgain() {
        target.slowCopies(true);
        String slow = csi.snapshot("snap-3", volume).getSnapshotId();
        assertRefused(Status.Code.UNAVAILABLE, "still being copied", () -> allocated(of(slow)));
        target.finishCopies();
        assertThat(allocated(of(slow))).hasSize(1);
    }

    /** A stream that breaks off must not look like one that has ended. */
    @Test
    void aTargetThatGoesAwayInBetweenFailsTheStream() {
        holds(first, 0, 4096, MIB, 4096);
        var answers = stub().getMetadataAllocated(of(first).setMaxResults(1).build());
        target.faults().failBefore("ListAllocatedRanges", Status.UNAVAILABLE);
        assertRefused(
                Status.Code.UNAVAILABLE,
                "",
                () -> {
                    while (answers.hasNext()) {
                        assertThat(answers.next().getBlockMetadataCount()).isEqualTo(1);
                    }
                });
    }
}
