package dev.lunaria.node.attach;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.disk.v1.BeginFormatRequest;
import dev.lunaria.proto.disk.v1.DetachRequest;
import dev.lunaria.proto.disk.v1.DetachResponse;
import dev.lunaria.proto.disk.v1.Disk;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.proto.disk.v1.FinishFormatRequest;
import dev.lunaria.proto.disk.v1.Format;
import dev.lunaria.proto.disk.v1.GetFormatRequest;
import dev.lunaria.proto.disk.v1.ListDisksRequest;
import dev.lunaria.proto.disk.v1.ListDisksResponse;
import dev.lunaria.proto.disk.v1.RefreshSizeRequest;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.Secret;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.UUID;
import java.util.function.Supplier;

/** The disk process's gRPC service over any backend. */
final class FakeDiskProcess extends DisksGrpc.DisksImplBase {
    private final AttachBackend backend;

    FakeDiskProcess(AttachBackend backend) {
        this.backend = backend;
    }

    @Override
    public void attach(AttachRequest r, StreamObserver<Disk> answer) {
        reply(
                answer,
                () ->
                        disk(
                                backend.attach(
                                        new AttachSpec(
                                                r.getVolumeId(),
                                                r.getEpoch(),
                                                r.getTargetName(),
                                                r.getPortalsList(),
                                                r.getInitiatorName(),
                                                UUID.fromString(r.getIdentity()),
                                                new ChapSecretDerivation.Secrets(
                                                        Secret.of(r.getInitiatorSecret()),
                                                        Secret.of(r.getTargetSecret())),
                                                new AttachSpec.SecretOrigin(
                                                        "",
                                                        new ChapSecretDerivation.Grant(
                                                                "",
                                                                r.getVolumeId(),
                                                                "",
                                                                r.getEpoch())),
                                                r.getReadOnly(),
                                                r.getPrivateWrites()))));
    }

    @Override
    public void detach(DetachRequest r, StreamObserver<DetachResponse> answer) {
        reply(
                answer,
                () -> {
                    backend.detach(r.getVolumeId(), r.getDiscardWrites());
                    return DetachResponse.getDefaultInstance();
                });
    }

    @Override
    public void refreshSize(RefreshSizeRequest r, StreamObserver<Disk> answer) {
        reply(answer, () -> disk(backend.refreshSize(r.getVolumeId())));
    }

    @Override
    public void listDisks(ListDisksRequest r, StreamObserver<ListDisksResponse> answer) {
        reply(
                answer,
                () -> {
                    var response = ListDisksResponse.newBuilder();
                    backend.list().forEach(disk -> response.addDisks(disk(disk)));
                    return response.build();
                });
    }

    @Override
    public void getFormat(GetFormatRequest r, StreamObserver<Format> answer) {
        reply(answer, () -> format(backend.format(r.getVolumeId())));
    }

    @Override
    public void beginFormat(BeginFormatRequest r, StreamObserver<Format> answer) {
        reply(
                answer,
                () ->
                        format(
                                backend.beginFormat(
                                        r.getVolumeId(), r.getGeneration(), r.getFilesystem())));
    }

    @Override
    public void finishFormat(FinishFormatRequest r, StreamObserver<Format> answer) {
        reply(answer, () -> format(backend.finishFormat(r.getVolumeId(), r.getGeneration())));
    }

    private static <A> void reply(StreamObserver<A> answer, Supplier<A> call) {
        try {
            answer.onNext(call.get());
            answer.onCompleted();
        } catch (NodeFailure e) {
            Status status =
                    switch (e.kind()) {
                        case INVALID -> Status.INVALID_ARGUMENT;
                        case OUT_OF_RANGE -> Status.OUT_OF_RANGE;
                        case NOT_FOUND -> Status.NOT_FOUND;
                        case DIFFERENT -> Status.ALREADY_EXISTS;
                        case BUSY -> Status.ABORTED;
                        case PRECONDITION -> Status.PERMISSION_DENIED;
                        case UNAVAILABLE -> Status.UNAVAILABLE;
                        case TIMED_OUT -> Status.DEADLINE_EXCEEDED;
                        case BROKEN -> Status.INTERNAL;
                    };
            answer.onError(status.withDescription(e.getMessage()).asRuntimeException());
        }
    }

    private static Disk disk(AttachedDisk disk) {
        return Disk.newBuilder()
                .setVolumeId(disk.volumeId())
                .setEpoch(disk.epoch())
                .setDevice(disk.device().toString())
                .setSizeBytes(disk.sizeBytes())
                .setLogicalBlockBytes(disk.blockBytes())
                .setState(Disk.State.valueOf(disk.state().name()))
                .setMessage(disk.message())
                .setReadOnly(disk.readOnly())
                .setIdentity(disk.identity().toString())
                .build();
    }

    private static Format format(FormatState state) {
        var format = Format.newBuilder().setGeneration(state.generation());
        switch (state) {
            case FormatState.Blank _ -> format.setState(Format.State.BLANK);
            case FormatState.Formatting f ->
                    format.setState(Format.State.FORMATTING)
                            .setFilesystem(f.filesystem())
                            .setMine(f.mine())
                            .setOwnerFenced(f.ownerFenced())
                            .setOwnerNode(f.ownerNode());
            case FormatState.Ready r ->
                    format.setState(Format.State.READY).setFilesystem(r.filesystem());
        }
        return format.build();
    }
}
