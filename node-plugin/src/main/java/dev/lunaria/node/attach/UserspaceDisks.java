package dev.lunaria.node.attach;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.disk.v1.BeginFormatRequest;
import dev.lunaria.proto.disk.v1.DetachRequest;
import dev.lunaria.proto.disk.v1.Disk;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.proto.disk.v1.DisksGrpc.DisksBlockingStub;
import dev.lunaria.proto.disk.v1.FinishFormatRequest;
import dev.lunaria.proto.disk.v1.Format;
import dev.lunaria.proto.disk.v1.GetFormatRequest;
import dev.lunaria.proto.disk.v1.ListDisksRequest;
import dev.lunaria.proto.disk.v1.RefreshSizeRequest;
import dev.lunaria.service.net.Answered;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The user-space disks of this node: a client of the data process ({@code lunaria-node disk}) on
 * its Unix socket. For any thread; each call is bounded.
 */
public final class UserspaceDisks implements AttachBackend {

    private static final Duration ATTACH = Duration.ofSeconds(45);
    private static final Duration DETACH = Duration.ofSeconds(45);
    private static final Duration FORMAT = Duration.ofSeconds(45);
    private static final Duration REFRESH = Duration.ofSeconds(55);
    private static final Duration LIST = Duration.ofSeconds(10);

    private final DisksBlockingStub disks;

    /** A client on a channel to the data process; the channel stays its owner's. */
    public UserspaceDisks(GrpcChannel channel) {
        this.disks = DisksGrpc.newBlockingStub(channel.channel());
    }

    @Override
    public AttachedDisk attach(AttachSpec spec) {
        AttachRequest request =
                AttachRequest.newBuilder()
                        .setVolumeId(spec.volumeId())
                        .setEpoch(spec.epoch())
                        .setTargetName(spec.targetName())
                        .addAllPortals(spec.portals())
                        .setInitiatorName(spec.initiatorName())
                        .setIdentity(spec.identity().toString())
                        .setInitiatorSecret(spec.secrets().initiator().revealText())
                        .setTargetSecret(spec.secrets().target().revealText())
                        .setReadOnly(spec.readOnly())
                        .setPrivateWrites(spec.privateWrites())
                        .build();
        return attachedDisk(call("attaching", ATTACH, stub -> stub.attach(request)));
    }

    @Override
    public void detach(String volumeId, boolean discardWrites) {
        DetachRequest request =
                DetachRequest.newBuilder()
                        .setVolumeId(volumeId)
                        .setDiscardWrites(discardWrites)
                        .build();
        call("detaching", DETACH, stub -> stub.detach(request));
    }

    @Override
    public AttachedDisk refreshSize(String volumeId) {
        RefreshSizeRequest request = RefreshSizeRequest.newBuilder().setVolumeId(volumeId).build();
        return attachedDisk(
                call("asking for the size", REFRESH, stub -> stub.refreshSize(request)));
    }

    @Override
    public List<AttachedDisk> list() {
        return call(
                        "listing disks",
                        LIST,
                        stub -> stub.listDisks(ListDisksRequest.getDefaultInstance()))
                .getDisksList()
                .stream()
                .map(UserspaceDisks::attachedDisk)
                .toList();
    }

    @Override
    public FormatState format(String volumeId) {
        GetFormatRequest request = GetFormatRequest.newBuilder().setVolumeId(volumeId).build();
        return formatState(
                call("reading the format state", FORMAT, stub -> stub.getFormat(request)));
    }

    @Override
    public FormatState beginFormat(String volumeId, long generation, String filesystem) {
        BeginFormatRequest request =
                BeginFormatRequest.newBuilder()
                        .setVolumeId(volumeId)
                        .setGeneration(generation)
                        .setFilesystem(filesystem)
                        .build();
        return formatState(call("beginning to format", FORMAT, stub -> stub.beginFormat(request)));
    }

    @Override
    public FormatState finishFormat(String volumeId, long generation) {
        FinishFormatRequest request =
                FinishFormatRequest.newBuilder()
                        .setVolumeId(volumeId)
                        .setGeneration(generation)
                        .build();
        return formatState(call("finishing to format", FORMAT, stub -> stub.finishFormat(request)));
    }

    private <A> A call(String what, Duration within, Function<DisksBlockingStub, A> call) {
        try {
            return call.apply(disks.withDeadlineAfter(within.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException e) {
            throw new NodeFailure(kind(e), what + ": " + explanation(e), e);
        }
    }

    private static String explanation(StatusRuntimeException e) {
        Status.Code code = e.getStatus().getCode();
        String description =
                e.getStatus().getDescription() == null
                        ? ""
                        : " (" + e.getStatus().getDescription() + ")";
        return code == Status.Code.UNAVAILABLE && !Answered.byServer(e)
                ? "the disk process of this node doesn't answer%s; see that it runs (on Kubernetes the node's pod of the DaemonSet lunaria-disk)"
                        .formatted(description)
                : "the disk process says " + code + description;
    }

    private static Kind kind(StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case INVALID_ARGUMENT -> Kind.INVALID;
            case NOT_FOUND -> Kind.NOT_FOUND;
            case ALREADY_EXISTS -> Kind.DIFFERENT;
            case ABORTED -> Kind.BUSY;
            case PERMISSION_DENIED, UNAUTHENTICATED, FAILED_PRECONDITION -> Kind.PRECONDITION;
            case UNAVAILABLE, RESOURCE_EXHAUSTED, CANCELLED -> Kind.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> Kind.TIMED_OUT;
            case OK, UNKNOWN, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, DATA_LOSS -> Kind.BROKEN;
        };
    }

    private static AttachedDisk attachedDisk(Disk disk) {
        AttachedDisk.State state =
                switch (disk.getState()) {
                    case ONLINE -> AttachedDisk.State.ONLINE;
                    case RECOVERING -> AttachedDisk.State.RECOVERING;
                    case FENCED -> AttachedDisk.State.FENCED;
                    case STATE_UNSPECIFIED, UNRECOGNIZED ->
                            throw new NodeFailure(
                                    Kind.BROKEN, "the disk process names no state for a disk");
                };
        return new AttachedDisk(
                disk.getVolumeId(),
                disk.getEpoch(),
                Path.of(disk.getDevice()),
                disk.getSizeBytes(),
                disk.getLogicalBlockBytes(),
                state,
                disk.getMessage(),
                disk.getReadOnly(),
                identity(disk.getIdentity()));
    }

    private static UUID identity(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new NodeFailure(
                    Kind.BROKEN, "the disk process names the identity '" + text + "', no UUID", e);
        }
    }

    private static FormatState formatState(Format format) {
        return switch (format.getState()) {
            case BLANK -> new FormatState.Blank(format.getGeneration());
            case FORMATTING ->
                    new FormatState.Formatting(
                            format.getGeneration(),
                            format.getFilesystem(),
                            format.getMine(),
                            format.getOwnerFenced(),
                            format.getOwnerNode());
            case READY -> new FormatState.Ready(format.getGeneration(), format.getFilesystem());
            case STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new NodeFailure(Kind.BROKEN, "the disk process names no format state");
        };
    }
}
