package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerGrpc;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeRequest;
import dev.lunaria.proto.csi.v1.GroupControllerGrpc;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.service.csi.PublishContext;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a sidecar would ask of a controller. Used by any thread. */
public record CsiClient(ManagedChannel channel) {

    public static final long GIB = 1L << 30;

    public ControllerGrpc.ControllerBlockingStub stub() {
        return ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public static VolumeCapability mount(Mode mode, String filesystem) {
        return VolumeCapability.newBuilder()
                .setMount(VolumeCapability.MountVolume.newBuilder().setFsType(filesystem))
                .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode))
                .build();
    }

    public static VolumeCapability mount() {
        return mount(Mode.SINGLE_NODE_WRITER, "");
    }

    public static VolumeCapability block(Mode mode) {
        return VolumeCapability.newBuilder()
                .setBlock(VolumeCapability.BlockVolume.getDefaultInstance())
                .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode))
                .build();
    }

    public static CreateVolumeRequest.Builder volume(String name) {
        return CreateVolumeRequest.newBuilder()
                .setName(name)
                .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
                .addVolumeCapabilities(mount());
    }

    public Volume create(CreateVolumeRequest.Builder request) {
        return stub().createVolume(request.build()).getVolume();
    }

    public Volume create(String name) {
        return create(volume(name));
    }

    /** Its size afterwards, in bytes. */
    public long expand(String volumeId, long requiredBytes) {
        return stub().controllerExpandVolume(
                        ControllerExpandVolumeRequest.newBuilder()
                                .setVolumeId(volumeId)
                                .setCapacityRange(
                                        CapacityRange.newBuilder().setRequiredBytes(requiredBytes))
                                .build())
                .getCapacityBytes();
    }

    public void delete(String volumeId) {
        assertThat(
                        stub().deleteVolume(
                                        DeleteVolumeRequest.newBuilder()
                                                .setVolumeId(volumeId)
                                                .build()))
                .isNotNull();
    }

    public static ControllerPublishVolumeRequest.Builder publication(String volumeId, String node) {
        return ControllerPublishVolumeRequest.newBuilder()
                .setVolumeId(volumeId)
                .setNodeId(node)
                .setVolumeCapability(mount());
    }

    public PublishContext publish(ControllerPublishVolumeRequest.Builder request) {
        return PublishContext.fromMap(
                stub().controllerPublishVolume(request.build()).getPublishContextMap());
    }

    public PublishContext publish(String volumeId, String node) {
        return publish(publication(volumeId, node));
    }

    public void unpublish(String volumeId, String node) {
        assertThat(
                        stub().controllerUnpublishVolume(
                                        ControllerUnpublishVolumeRequest.newBuilder()
                                                .setVolumeId(volumeId)
                                                .setNodeId(node)
                                                .build()))
                .isNotNull();
    }

    public GroupControllerGrpc.GroupControllerBlockingStub groups() {
        return GroupControllerGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public Snapshot snapshot(String name, String volumeId) {
        return stub().createSnapshot(
                        CreateSnapshotRequest.newBuilder()
                                .setName(name)
                                .setSourceVolumeId(volumeId)
                                .build())
                .getSnapshot();
    }

    public void deleteSnapshot(String snapshotId) {
        assertThat(
                        stub().deleteSnapshot(
                                        DeleteSnapshotRequest.newBuilder()
                                                .setSnapshotId(snapshotId)
                                                .build()))
                .isNotNull();
    }

    public static CreateVolumeRequest.Builder cloneOf(String volumeId, String name) {
        var request = volume(name);
        request.getVolumeContentSourceBuilder().getVolumeBuilder().setVolumeId(volumeId);
        return request;
    }

    public static CreateVolumeRequest.Builder restoreOf(String snapshotId, String name) {
        var request = volume(name);
        request.getVolumeContentSourceBuilder().getSnapshotBuilder().setSnapshotId(snapshotId);
        return request;
    }

    /** Asserts that a call is refused with a code and a message that holds the words. */
    public static void assertRefused(Status.Code code, String words, ThrowingCallable call) {
        var refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).as("refused with %s", code).isNotNull();
        assertThat(refused.getStatus().getCode())
                .as(String.valueOf(refused.getStatus().getDescription()))
                .isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).contains(words);
    }
}
