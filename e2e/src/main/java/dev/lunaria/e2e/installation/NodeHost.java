package dev.lunaria.e2e.installation;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * One host of an installation: its disk process and its node plugin, with state folder, name,
 * initiator and mounts of their own.
 *
 * <p>Used by one thread at a time.
 */
public final class NodeHost implements CsiNode {
    private final Layout layout;
    private final Path launcher;
    private final String name;
    private final String diskSocket;
    private final GrpcChannel csi;

    private ServerProcess disk;
    private ServerProcess plugin;

    private NodeHost(
            Layout layout,
            Path launcher,
            String name,
            String diskSocket,
            ServerProcess disk,
            ServerProcess plugin) {
        this.layout = layout;
        this.launcher = launcher;
        this.name = name;
        this.diskSocket = diskSocket;
        this.disk = disk;
        this.plugin = plugin;
        this.csi = GrpcChannel.open(new Endpoint.Unix(layout.socket(name)));
    }

    /** Starts both programs. */
    static NodeHost start(Layout layout, Path launcher, String name, String diskSocket)
            throws IOException, InterruptedException {
        ServerProcess disk = startDisk(layout, launcher, name);
        ServerProcess plugin = startPlugin(layout, launcher, name, diskSocket);
        return new NodeHost(layout, launcher, name, diskSocket, disk, plugin);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public GrpcChannel csi() {
        return csi;
    }

    @Override
    public void makeFolder(Path folder) throws IOException {
        Files.createDirectories(folder);
    }

    public ServerProcess disk() {
        return disk;
    }

    public ServerProcess plugin() {
        return plugin;
    }

    /** SIGKILL to both programs, as if their pods were lost. */
    public void kill() throws IOException, InterruptedException {
        plugin.kill();
        disk.kill();
    }

    /** Starts what isn't running. */
    public void restart() throws IOException, InterruptedException {
        if (!disk.isAlive()) {
            disk = startDisk(layout, launcher, name);
        }
        if (!plugin.isAlive()) {
            plugin = startPlugin(layout, launcher, name, diskSocket);
        }
    }

    /** SIGTERM to both. */
    public void stop(Duration patience) throws IOException, InterruptedException {
        csi.close();
        plugin.terminate(patience);
        disk.terminate(patience);
    }

    private static ServerProcess startDisk(Layout layout, Path launcher, String name)
            throws IOException, InterruptedException {
        String program = name + "-disk";
        return ServerProcess.start(
                layout,
                program,
                launcher,
                List.of(
                        "disk",
                        "--node-name",
                        name,
                        "--state-folder",
                        layout.state(program).toString(),
                        "--disk-socket",
                        "unix://" + layout.socket(program)),
                layout.socket(program));
    }

    private static ServerProcess startPlugin(
            Layout layout, Path launcher, String name, String diskSocket)
            throws IOException, InterruptedException {
        return ServerProcess.start(
                layout,
                name,
                launcher,
                List.of(
                        "run",
                        "--node-name",
                        name,
                        "--state-folder",
                        layout.state(name).toString(),
                        "--csi-socket",
                        "unix://" + layout.socket(name),
                        "--disk-socket",
                        "unix://" + layout.socket(diskSocket),
                        "--registry",
                        "unix://" + layout.socket("registry"),
                        "--keys",
                        layout.keys().toString(),
                        "--addresses",
                        "127.0.0.1"),
                layout.socket(name));
    }
}
