package dev.lunaria.controller.csi;

import dev.lunaria.controller.snapshot.SnapshotContents;
import dev.lunaria.controller.volume.RangePage;
import dev.lunaria.controller.volume.RangePage.Range;
import dev.lunaria.proto.csi.v1.BlockMetadata;
import dev.lunaria.proto.csi.v1.BlockMetadataType;
import dev.lunaria.proto.csi.v1.GetMetadataAllocatedRequest;
import dev.lunaria.proto.csi.v1.GetMetadataAllocatedResponse;
import dev.lunaria.proto.csi.v1.GetMetadataDeltaRequest;
import dev.lunaria.proto.csi.v1.GetMetadataDeltaResponse;
import dev.lunaria.proto.csi.v1.SnapshotMetadataGrpc;
import io.grpc.stub.StreamObserver;

/**
 * CSI's SnapshotMetadata service: which ranges of a snapshot hold data, and which differ between
 * two. Used by any thread; keeps nothing but running streams. Ranges have any length
 * (VARIABLE_LENGTH). Failures leave it as exceptions, which {@link CsiErrors} turns into codes.
 */
public final class SnapshotMetadataService extends SnapshotMetadataGrpc.SnapshotMetadataImplBase {

    private final SnapshotContents contents;

    public SnapshotMetadataService(SnapshotContents contents) {
        this.contents = contents;
    }

    @Override
    public void getMetadataAllocated(
            GetMetadataAllocatedRequest request,
            StreamObserver<GetMetadataAllocatedResponse> answer) {
        Requests.requireSnapshotId(request.getSnapshotId());
        Requests.checkMaxResults(request.getMaxResults());
        var ranges =
                contents.allocated(
                        Requests.existingSnapshot(request.getSnapshotId()),
                        request.getStartingOffset(),
                        request.getMaxResults());
        new RangeStream<>(answer, ranges, SnapshotMetadataService::allocated)
                .start(request.getStartingOffset());
    }

    private static GetMetadataAllocatedResponse allocated(RangePage page) {
        var message =
                GetMetadataAllocatedResponse.newBuilder()
                        .setBlockMetadataType(BlockMetadataType.VARIABLE_LENGTH)
                        .setVolumeCapacityBytes(page.sizeBytes());
        page.ranges().forEach(range -> message.addBlockMetadata(block(range)));
        return message.build();
    }

    @Override
    public void getMetadataDelta(
            GetMetadataDeltaRequest request, StreamObserver<GetMetadataDeltaResponse> answer) {
        Requests.requireSnapshotIds(request);
        Requests.checkMaxResults(request.getMaxResults());
        var ranges =
                contents.changed(
                        Requests.existingSnapshot(request.getBaseSnapshotId()),
                        Requests.existingSnapshot(request.getTargetSnapshotId()),
                        request.getStartingOffset(),
                        request.getMaxResults());
        new RangeStream<>(answer, ranges, SnapshotMetadataService::delta)
                .start(request.getStartingOffset());
    }

    private static GetMetadataDeltaResponse delta(RangePage page) {
        var message =
                GetMetadataDeltaResponse.newBuilder()
                        .setBlockMetadataType(BlockMetadataType.VARIABLE_LENGTH)
                        .setVolumeCapacityBytes(page.sizeBytes());
        page.ranges().forEach(range -> message.addBlockMetadata(block(range)));
        return message.build();
    }

    private static BlockMetadata block(Range range) {
        return BlockMetadata.newBuilder()
                .setByteOffset(range.offset())
                .setSizeBytes(range.length())
                .build();
    }
}
