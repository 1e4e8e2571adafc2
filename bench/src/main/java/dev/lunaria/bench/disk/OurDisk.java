package dev.lunaria.bench.disk;

import dev.lunaria.bench.server.GrantedLun;
import dev.lunaria.bench.server.MeasuredServer;
import dev.lunaria.bench.server.ProcessUse;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.disk.v1.DetachRequest;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A disk of {@code lunaria-node disk}: our initiator, FUSE and loop. Used by one thread. */
final class OurDisk implements MeasuredDisk.Backing {
    private static final String NODE = "bench";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final ServerProcess process;
    private final GrpcChannel channel;
    private final String volume;
    private final Path device;

    private OurDisk(
            String name, ServerProcess process, GrpcChannel channel, String volume, Path device) {
        this.name = name;
        this.process = process;
        this.channel = channel;
        this.volume = volume;
        this.device = device;
    }

    /**
     * Starts a disk process and attaches one LUN.
     *
     * @param name for people, and unique among the measured ones
     */
    static OurDisk attach(
            String name, Distribution distribution, Path root, Portal portal, GrantedLun lun)
            throws IOException, InterruptedException {
        Layout layout = new Layout(root);
        ServerProcess process =
                ServerProcess.start(
                        layout,
                        name,
                        distribution.nodePlugin(),
                        List.of(
                                "disk",
                                "--node-name",
                                NODE,
                                "--state-folder",
                                layout.state(name).toString(),
                                "--disk-socket",
                                "unix://" + layout.socket(name)),
                        layout.socket(name));
        GrpcChannel channel = GrpcChannel.open(new Endpoint.Unix(layout.socket(name)));
        String volume = lun.pool() + "/" + lun.lun();
        try {
            String device =
                    DisksGrpc.newBlockingStub(channel.channel())
                            .attach(
                                    AttachRequest.newBuilder()
                                            .setVolumeId(volume)
                                            .setEpoch(1)
                                            .setTargetName(lun.targetName())
                                            .addPortals(portal.toString())
                                            .setInitiatorName(MeasuredServer.INITIATOR)
                                            .setIdentity(lun.lun())
                                            .setInitiatorSecret(lun.initiatorSecret())
                                            .setTargetSecret(lun.targetSecret())
                                            .build())
                            .getDevice();
            return new OurDisk(name, process, channel, volume, Path.of(device));
        } catch (RuntimeException e) {
            channel.close();
            process.kill();
            throw new IOException(name + " can't attach: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Path device() {
        return device;
    }

    @Override
    public ProcessUse process() {
        return new ProcessUse(process.pid());
    }

    @Override
    public void close() throws IOException {
        try {
            var _ =
                    DisksGrpc.newBlockingStub(channel.channel())
                            .detach(DetachRequest.newBuilder().setVolumeId(volume).build());
        } catch (RuntimeException e) {
            throw new IOException(name + " can't detach: " + e.getMessage(), e);
        } finally {
            channel.close();
            try {
                process.terminate(PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
