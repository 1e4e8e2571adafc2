package dev.lunaria.controller;

import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.controller.volume.CopyPatience;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.secret.InstallationKeys;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Controllers with their registry's folder, keys and fake targets, all on Unix sockets below one
 * folder. Owned by one test.
 */
public final class TestCluster implements AutoCloseable {

    public static final String ID = "test";
    public static final String KEY = "k1";

    private final Path folder;
    private final FolderRegistry registry;
    private CopyPatience copies = CopyPatience.NONE;
    private AlphaCalls alphaCalls = AlphaCalls.HIDDEN;
    private final Map<String, FakeTarget> targets = new HashMap<>();
    private final Map<String, Lifecycle> controllers = new HashMap<>();
    private final List<GrpcChannel> channels = new ArrayList<>();

    public TestCluster(Path folder) {
        this.folder = folder;
        this.registry = FolderRegistry.open(folder.resolve("registry"));
        InstallationKeys.create(folder.resolve("keys"), KEY);
    }

    /** From now on controllers that are started wait so for copies. */
    public void copies(CopyPatience patience) {
        copies = patience;
    }

    /** From now on controllers that are started announce what is alpha, or don't. */
    public void alphaCalls(AlphaCalls calls) {
        alphaCalls = calls;
    }

    public FolderRegistry registry() {
        return registry;
    }

    public Path keys() {
        return folder.resolve("keys");
    }

    /** Starts a target server and registers its pool. */
    public FakeTarget addTarget(String name) {
        return addTarget(name, Map.of(), false, false);
    }

    public FakeTarget addTarget(
            String name, Map<String, String> topology, boolean cordoned, boolean retired) {
        var target = new FakeTarget(folder.resolve(name + ".sock"), ID);
        targets.put(name, target);
        registry.create(
                Kind.STORAGE_TARGET,
                name,
                new StorageTarget(
                        target.pool(),
                        target.endpoint().toString(),
                        "",
                        List.of("127.0.0.1:3260", "[::1]:3261"),
                        topology,
                        100,
                        cordoned,
                        retired));
        return target;
    }

    /** As if the node's plugin had registered it. */
    public void addNode(String name) {
        addNode(name, 0);
    }

    /** The same for one that holds so many volumes. */
    public void addNode(String name, int maxVolumes) {
        registry.create(
                Kind.LUNARIA_NODE,
                name,
                new LunariaNode(
                        List.of(), ID, "iqn.2026-11.dev.lunaria:node:test:" + name, maxVolumes));
    }

    /** Marks a registered target. */
    public void mark(String name, boolean cordoned, boolean retired) {
        var document = registry.get(Kind.STORAGE_TARGET, name).orElseThrow();
        StorageTarget now = document.spec();
        registry.replace(
                Kind.STORAGE_TARGET,
                document,
                new StorageTarget(
                        now.pool(),
                        now.endpoint(),
                        now.ca(),
                        now.portals(),
                        now.topology(),
                        now.overcommitPercent(),
                        cordoned,
                        retired));
    }

    /** Starts a controller; several may run beside each other. */
    public CsiClient startController(String name) {
        startProcess(name);
        return new CsiClient(open(name + "-csi.sock"));
    }

    /** A client of a running controller's registry service. */
    public ManagedChannel registryChannel(String controller) {
        return open(controller + "-registry.sock");
    }

    private void startProcess(String name) {
        var lifecycle = new Lifecycle(Duration.ofSeconds(5));
        controllers.put(name, lifecycle);
        Controller.start(
                new Settings(
                        new Endpoint.Unix(folder.resolve(name + "-csi.sock")),
                        new RegistrySource.Folder(folder.resolve("registry")),
                        new Endpoint.Unix(folder.resolve(name + "-registry.sock")),
                        ID,
                        keys(),
                        Set.of(),
                        alphaCalls,
                        Optional.empty(),
                        Set.of(),
                        false,
                        Duration.ofHours(1),
                        Optional.empty(),
                        Optional.empty(),
                        Duration.ofSeconds(5)),
                lifecycle,
                copies);
    }

    /** Stops a controller and starts it again: nothing of the first one's memory is left. */
    public CsiClient restartController(String name) {
        Lifecycle running = controllers.get(name);
        if (running != null) {
            running.close();
        }
        return startController(name);
    }

    private ManagedChannel open(String socket) {
        GrpcChannel channel = GrpcChannel.open(new Endpoint.Unix(folder.resolve(socket)));
        channels.add(channel);
        return channel.channel();
    }

    /** An id that no volume has. */
    public static String unknownVolume(FakeTarget target) {
        return target.pool() + "/" + UUID.randomUUID();
    }

    @Override
    public void close() {
        channels.forEach(GrpcChannel::close);
        controllers.values().forEach(Lifecycle::close);
        targets.values().forEach(FakeTarget::close);
        registry.close();
    }
}
