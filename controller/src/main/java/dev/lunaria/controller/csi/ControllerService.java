package dev.lunaria.controller.csi;

import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import com.google.protobuf.Int64Value;
import dev.lunaria.controller.snapshot.Snapshot;
import dev.lunaria.controller.snapshot.Snapshots;
import dev.lunaria.controller.volume.Capacity;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.LimitParameters;
import dev.lunaria.controller.volume.NodeNames;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.Volume;
import dev.lunaria.controller.volume.VolumeConditions;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeResponse;
import dev.lunaria.proto.csi.v1.ControllerGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.ControllerGetCapabilitiesResponse;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeHealthResponse;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeResponse;
import dev.lunaria.proto.csi.v1.ControllerGrpc;
import dev.lunaria.proto.csi.v1.ControllerListVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.ControllerListVolumeHealthResponse;
import dev.lunaria.proto.csi.v1.ControllerModifyVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerModifyVolumeResponse;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeResponse;
import dev.lunaria.proto.csi.v1.ControllerServiceCapability.RPC;
import dev.lunaria.proto.csi.v1.ControllerUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerUnpublishVolumeResponse;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.CreateSnapshotResponse;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeResponse;
import dev.lunaria.proto.csi.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteSnapshotResponse;
import dev.lunaria.proto.csi.v1.DeleteVolumeRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeResponse;
import dev.lunaria.proto.csi.v1.GetCapacityRequest;
import dev.lunaria.proto.csi.v1.GetCapacityResponse;
import dev.lunaria.proto.csi.v1.GetSnapshotRequest;
import dev.lunaria.proto.csi.v1.GetSnapshotResponse;
import dev.lunaria.proto.csi.v1.ListSnapshotsRequest;
import dev.lunaria.proto.csi.v1.ListSnapshotsResponse;
import dev.lunaria.proto.csi.v1.ListVolumesRequest;
import dev.lunaria.proto.csi.v1.ListVolumesResponse;
import dev.lunaria.proto.csi.v1.ValidateVolumeCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.ValidateVolumeCapabilitiesResponse;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.log.CallContext;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * CSI's Controller service: checks arguments, asks the domain, builds answers. Used by any thread;
 * keeps nothing. Failures leave it as exceptions, which {@link CsiErrors} turns into codes; RPCs
 * that aren't here answer UNIMPLEMENTED.
 */
public final class ControllerService extends ControllerGrpc.ControllerImplBase {

    private static final Logger log = LoggerFactory.getLogger(ControllerService.class);

    private static final List<RPC.Type> CAPABILITIES =
            List.of(
                    RPC.Type.CREATE_DELETE_VOLUME,
                    RPC.Type.PUBLISH_UNPUBLISH_VOLUME,
                    RPC.Type.LIST_VOLUMES,
                    RPC.Type.GET_CAPACITY,
                    RPC.Type.CREATE_DELETE_SNAPSHOT,
                    RPC.Type.LIST_SNAPSHOTS,
                    RPC.Type.CLONE_VOLUME,
                    RPC.Type.PUBLISH_READONLY,
                    RPC.Type.EXPAND_VOLUME,
                    RPC.Type.MODIFY_VOLUME,
                    RPC.Type.LIST_VOLUMES_PUBLISHED_NODES,
                    RPC.Type.GET_VOLUME,
                    RPC.Type.SINGLE_NODE_MULTI_WRITER,
                    RPC.Type.GET_SNAPSHOT);

    private static final List<RPC.Type> ALPHA =
            List.of(RPC.Type.GET_VOLUME_HEALTH, RPC.Type.LIST_VOLUME_HEALTH);

    private final Volumes volumes;
    private final Snapshots snapshots;
    private final VolumeConditions conditions;
    private final AlphaCalls alpha;
    private final CsiMessages messages;

    public ControllerService(
            Volumes volumes, Snapshots snapshots, VolumeConditions conditions, AlphaCalls alpha) {
        this.volumes = volumes;
        this.snapshots = snapshots;
        this.conditions = conditions;
        this.alpha = alpha;
        this.messages = new CsiMessages(alpha);
    }

    @Override
    public void createVolume(
            CreateVolumeRequest request, StreamObserver<CreateVolumeResponse> answer) {
        VolumeRequest wanted = Requests.create(request);
        var made =
                CsiMessages.volume(
                        create(wanted), Requests.filesystem(request.getVolumeCapabilitiesList()));
        MDC.put(CallContext.VOLUME, made.getVolumeId());
        send(answer, CreateVolumeResponse.newBuilder().setVolume(made).build());
    }

    /**
     * The provisioner takes codes it doesn't expect for final and forgets the volume, which may be
     * written down already: what nobody expected is to be tried again.
     */
    private Volume create(VolumeRequest wanted) {
        try {
            return volumes.create(wanted);
        } catch (Failure | RegistryException expected) {
            throw expected;
        } catch (RuntimeException unexpected) {
            log.atError()
                    .addKeyValue("name", wanted.name())
                    .setCause(unexpected)
                    .log("unexpected error; the caller is told to try again");
            throw new Failure(
                    UNAVAILABLE,
                    "unexpected error, the controller's log has it; repeat",
                    unexpected);
        }
    }

    @Override
    public void deleteVolume(
            DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        VolumeId.parse(request.getVolumeId()).ifPresent(volumes::delete);
        send(answer, DeleteVolumeResponse.getDefaultInstance());
    }

    /**
     * A node grows what it has mounted, or makes at its next stage, only when it is called. A raw
     * block device that no node has shows its new size to whoever attaches it.
     */
    @Override
    public void controllerExpandVolume(
            ControllerExpandVolumeRequest request,
            StreamObserver<ControllerExpandVolumeResponse> answer) {
        SizeRange wanted = Requests.expand(request);
        Volume volume = volumes.expand(Requests.existing(request.getVolumeId()), wanted);
        boolean block = request.hasVolumeCapability() && request.getVolumeCapability().hasBlock();
        send(
                answer,
                ControllerExpandVolumeResponse.newBuilder()
                        .setCapacityBytes(volume.sizeBytes())
                        .setNodeExpansionRequired(!block || !volume.publishedNodes().isEmpty())
                        .build());
    }

    @Override
    public void controllerModifyVolume(
            ControllerModifyVolumeRequest request,
            StreamObserver<ControllerModifyVolumeResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        volumes.modify(
                Requests.existing(request.getVolumeId()),
                LimitParameters.ofMutable(request.getModifiableParametersMap()));
        send(answer, ControllerModifyVolumeResponse.getDefaultInstance());
    }

    @Override
    public void controllerPublishVolume(
            ControllerPublishVolumeRequest request,
            StreamObserver<ControllerPublishVolumeResponse> answer) {
        var context = volumes.publish(Requests.publish(request));
        send(
                answer,
                ControllerPublishVolumeResponse.newBuilder()
                        .putAllPublishContext(context.toMap())
                        .build());
    }

    @Override
    public void controllerUnpublishVolume(
            ControllerUnpublishVolumeRequest request,
            StreamObserver<ControllerUnpublishVolumeResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        Requests.checkNodeId(request.getNodeId());
        Optional<String> node = Optional.of(request.getNodeId()).filter(name -> !name.isEmpty());
        if (node.isEmpty() || NodeNames.isPossible(node.get())) {
            VolumeId.parse(request.getVolumeId()).ifPresent(id -> volumes.unpublish(id, node));
        }
        send(answer, ControllerUnpublishVolumeResponse.getDefaultInstance());
    }

    @Override
    public void validateVolumeCapabilities(
            ValidateVolumeCapabilitiesRequest request,
            StreamObserver<ValidateVolumeCapabilitiesResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        if (request.getVolumeCapabilitiesCount() == 0) {
            throw Requests.invalid(
                    "volume_capabilities is missing; say how the volume is to be used");
        }
        volumes.get(Requests.existing(request.getVolumeId()));
        var response = ValidateVolumeCapabilitiesResponse.newBuilder();
        Optional<String> objection = objection(request);
        if (objection.isPresent()) {
            response.setMessage(objection.get());
        } else {
            response.getConfirmedBuilder()
                    .addAllVolumeCapabilities(request.getVolumeCapabilitiesList())
                    .putAllParameters(request.getParametersMap())
                    .putAllModifiableParameters(request.getModifiableParametersMap());
        }
        send(answer, response.build());
    }

    /** Why the volume can't be used so; empty where it can. */
    private static Optional<String> objection(ValidateVolumeCapabilitiesRequest request) {
        try {
            Requests.requirePossible(request.getVolumeCapabilitiesList());
            var _ = new Parameters(request.getParametersMap()).limits();
            var _ = LimitParameters.ofMutable(request.getModifiableParametersMap());
        } catch (Failure failure) {
            return Optional.of(failure.getMessage());
        }
        if (!request.getVolumeContextMap().isEmpty()) {
            return Optional.of(
                    "volume_context holds "
                            + request.getVolumeContextMap().keySet()
                            + "; volumes of this driver have none");
        }
        return Optional.empty();
    }

    @Override
    public void listVolumes(
            ListVolumesRequest request, StreamObserver<ListVolumesResponse> answer) {
        Requests.checkMaxEntries(request.getMaxEntries());
        Page<Volume> page = volumes.list(request.getMaxEntries(), request.getStartingToken());
        var response = ListVolumesResponse.newBuilder().setNextToken(page.nextToken());
        for (Volume volume : page.entries()) {
            response.addEntriesBuilder()
                    .setVolume(CsiMessages.volume(volume, ""))
                    .getStatusBuilder()
                    .addAllPublishedNodeIds(volume.publishedNodes());
        }
        send(answer, response.build());
    }

    @Override
    public void getCapacity(
            GetCapacityRequest request, StreamObserver<GetCapacityResponse> answer) {
        Capacity capacity =
                isPossible(request)
                        ? volumes.capacity(
                                new Parameters(request.getParametersMap()), reachableFrom(request))
                        : Capacity.NONE;
        send(
                answer,
                GetCapacityResponse.newBuilder()
                        .setAvailableCapacity(capacity.availableBytes())
                        .setMaximumVolumeSize(Int64Value.of(capacity.largestVolumeBytes()))
                        .build());
    }

    private static Topology reachableFrom(GetCapacityRequest request) {
        return request.hasAccessibleTopology()
                ? new Topology(List.of(request.getAccessibleTopology().getSegmentsMap()), List.of())
                : Topology.ANY;
    }

    /** There is no room at all for volumes that can't be. */
    private static boolean isPossible(GetCapacityRequest request) {
        try {
            request.getVolumeCapabilitiesList().forEach(Requests::use);
            return true;
        } catch (Failure failure) {
            if (failure.reason() == INVALID) {
                return false;
            }
            throw failure;
        }
    }

    @Override
    public void controllerGetVolume(
            ControllerGetVolumeRequest request,
            StreamObserver<ControllerGetVolumeResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        Volume volume = volumes.get(Requests.existing(request.getVolumeId()));
        var response =
                ControllerGetVolumeResponse.newBuilder().setVolume(CsiMessages.volume(volume, ""));
        response.getStatusBuilder().addAllPublishedNodeIds(volume.publishedNodes());
        send(answer, response.build());
    }

    @Override
    public void controllerGetVolumeHealth(
            ControllerGetVolumeHealthRequest request,
            StreamObserver<ControllerGetVolumeHealthResponse> answer) {
        Requests.requireVolumeId(request.getVolumeId());
        var found = conditions.of(Requests.existing(request.getVolumeId()));
        send(
                answer,
                ControllerGetVolumeHealthResponse.newBuilder()
                        .setVolumeHealth(CsiMessages.health(found))
                        .build());
    }

    @Override
    public void controllerListVolumeHealth(
            ControllerListVolumeHealthRequest request,
            StreamObserver<ControllerListVolumeHealthResponse> answer) {
        Requests.checkMaxEntries(request.getMaxEntries());
        var page = conditions.page(request.getMaxEntries(), request.getStartingToken());
        var response =
                ControllerListVolumeHealthResponse.newBuilder().setNextToken(page.nextToken());
        page.entries().forEach(found -> response.addEntries(CsiMessages.health(found)));
        send(answer, response.build());
    }

    @Override
    public void createSnapshot(
            CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> answer) {
        String name = Requests.snapshotName(request);
        VolumeId source = Requests.existing(request.getSourceVolumeId());
        if (request.hasAccessibilityRequirements()) {
            requireReachable(source, Requests.topology(request.getAccessibilityRequirements()));
        }
        Snapshot snapshot = snapshots.create(name, source);
        send(
                answer,
                CreateSnapshotResponse.newBuilder()
                        .setSnapshot(messages.snapshot(snapshot))
                        .build());
    }

    /** A snapshot is in its volume's pool, and what is made from it too. */
    private void requireReachable(VolumeId source, Topology from) {
        var pool = volumes.get(source).topology();
        if (!from.admits(pool)) {
            throw new Failure(
                    EXHAUSTED,
                    "a snapshot of volume %s can be used from %s, which is not from where it is asked for; correct accessibility_requirements"
                            .formatted(source, pool));
        }
    }

    @Override
    public void deleteSnapshot(
            DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> answer) {
        Requests.requireSnapshotId(request.getSnapshotId());
        SnapshotId.parse(request.getSnapshotId()).ifPresent(snapshots::delete);
        send(answer, DeleteSnapshotResponse.getDefaultInstance());
    }

    @Override
    public void getSnapshot(
            GetSnapshotRequest request, StreamObserver<GetSnapshotResponse> answer) {
        Requests.requireSnapshotId(request.getSnapshotId());
        Snapshot snapshot = snapshots.get(Requests.existingSnapshot(request.getSnapshotId()));
        send(
                answer,
                GetSnapshotResponse.newBuilder().setSnapshot(messages.snapshot(snapshot)).build());
    }

    /** What can't be the id of anything of ours, nothing has. */
    @Override
    public void listSnapshots(
            ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> answer) {
        Requests.checkMaxEntries(request.getMaxEntries());
        Page<Snapshot> page =
                Requests.query(request)
                        .map(query ->
                                snapshots.list(
                                        query, request.getMaxEntries(), request.getStartingToken()))
                        .orElse(new Page<>(List.of(), ""));
        var response = ListSnapshotsResponse.newBuilder().setNextToken(page.nextToken());
        for (Snapshot snapshot : page.entries()) {
            response.addEntriesBuilder().setSnapshot(messages.snapshot(snapshot));
        }
        send(answer, response.build());
    }

    @Override
    public void controllerGetCapabilities(
            ControllerGetCapabilitiesRequest request,
            StreamObserver<ControllerGetCapabilitiesResponse> answer) {
        var response = ControllerGetCapabilitiesResponse.newBuilder();
        CAPABILITIES.forEach(
                type -> response.addCapabilitiesBuilder().getRpcBuilder().setType(type));
        switch (alpha) {
            case HIDDEN -> {}
            case ANNOUNCED ->
                    ALPHA.forEach(type ->
                            response.addCapabilitiesBuilder().getRpcBuilder().setType(type));
        }
        send(answer, response.build());
    }

    private static <T> void send(StreamObserver<T> answer, T response) {
        answer.onNext(response);
        answer.onCompleted();
    }
}
