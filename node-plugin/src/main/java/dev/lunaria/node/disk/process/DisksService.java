package dev.lunaria.node.disk.process;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.node.disk.session.FormatState;
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
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;

/**
 * {@code lunaria.disk.v1.Disks} over {@link Volumes}: checks arguments, turns records into
 * messages.
 *
 * <p>Called on bounded platform threads; keeps nothing.
 */
final class DisksService extends DisksGrpc.DisksImplBase {
    private final Volumes volumes;
    private final String node;
    private final OperationalWants wants;

    /**
     * @param node name of this node
     * @param wants what each session brings into its negotiation
     */
    DisksService(Volumes volumes, String node, OperationalWants wants) {
        this.volumes = volumes;
        this.node = node;
        this.wants = wants;
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<Disk> answer) {
        reply(answer, volumes.attach(AttachSpec.of(request, node, wants)).toProto());
    }

    @Override
    public void detach(DetachRequest request, StreamObserver<DetachResponse> answer) {
        volumes.detach(AttachSpec.volumeId(request.getVolumeId()), request.getDiscardWrites());
        reply(answer, DetachResponse.getDefaultInstance());
    }

    @Override
    public void refreshSize(RefreshSizeRequest request, StreamObserver<Disk> answer) {
        String volumeId = AttachSpec.volumeId(request.getVolumeId());
        reply(answer, volumes.refreshSize(volumeId).toProto());
    }

    @Override
    public void listDisks(ListDisksRequest request, StreamObserver<ListDisksResponse> answer) {
        ListDisksResponse.Builder disks = ListDisksResponse.newBuilder();
        volumes.list().forEach(volume -> disks.addDisks(volume.toProto()));
        reply(answer, disks.build());
    }

    @Override
    public void getFormat(GetFormatRequest request, StreamObserver<Format> answer) {
        reply(answer, format(UnitAnswers.await(of(request.getVolumeId()).read())));
    }

    @Override
    public void beginFormat(BeginFormatRequest request, StreamObserver<Format> answer) {
        String filesystem = request.getFilesystem();
        boolean ascii = StandardCharsets.US_ASCII.newEncoder().canEncode(filesystem);
        if (filesystem.isEmpty()
                || !ascii
                || filesystem.length() > FormatStatePage.FILESYSTEM_BYTES) {
            throw new DiskFailure(
                    DiskFailure.Kind.INVALID,
                    "filesystem must be 1 to 16 ASCII characters: '" + filesystem + "'");
        }
        FormatState state = of(request.getVolumeId());
        reply(answer, format(UnitAnswers.await(state.begin(request.getGeneration(), filesystem))));
    }

    @Override
    public void finishFormat(FinishFormatRequest request, StreamObserver<Format> answer) {
        FormatState state = of(request.getVolumeId());
        reply(answer, format(UnitAnswers.await(state.finish(request.getGeneration()))));
    }

    private FormatState of(String volumeId) {
        return volumes.get(AttachSpec.volumeId(volumeId)).session().formatState();
    }

    private static Format format(FormatStatePage page) {
        return Format.newBuilder()
                .setState(
                        switch (page.state()) {
                            case BLANK -> Format.State.BLANK;
                            case FORMATTING -> Format.State.FORMATTING;
                            case READY -> Format.State.READY;
                        })
                .setGeneration(page.generation())
                .setFilesystem(page.filesystem())
                .setMine(page.mine())
                .setOwnerFenced(page.ownerFenced())
                .setOwnerNode(page.ownerNode())
                .setFormattingEntries(page.formattingEntries())
                .build();
    }

    private static <T> void reply(StreamObserver<T> answer, T message) {
        answer.onNext(message);
        answer.onCompleted();
    }
}
