package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.proto.disk.v1.DisksGrpc;
import dev.lunaria.proto.disk.v1.ListDisksRequest;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What volumes leave behind while they live, and must not when they are gone: mounts, loop devices,
 * FUSE connections, disks, sessions, documents. Looks only below an installation's own folder. No
 * state.
 */
final class Traces {
    /** Where a pool's documents are: what it has, what is on its way in and out. */
    static final List<String> POOL_FOLDERS = List.of("luns", "snapshots", "making", "deleting");

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long DEADLINE_SECONDS = 10;

    private Traces() {}

    /** All that is there, a line each; empty where no volume is. */
    static String of(WatchedInstallation watched) throws IOException {
        List<String> found = new ArrayList<>();
        Layout layout = watched.installation().layout();
        for (MountInfo mount : MountTable.read().mounts()) {
            boolean volumes = !mount.mountPoint().equals(layout.fuseControl());
            if (volumes && mount.mountPoint().startsWith(watched.root())) {
                found.add("mount " + mount.mountPoint());
            }
        }
        for (int number : LoopDevices.inUse()) {
            LoopDevices.backingFile(number)
                    .filter(file -> file.startsWith(watched.root() + "/"))
                    .ifPresent(file -> found.add("/dev/loop" + number + " of " + file));
        }
        for (String folder : POOL_FOLDERS) {
            files(layout.pool().resolve(folder), found);
        }
        files(layout.registry().resolve("lunariavolumes"), found);
        for (int i = 0; i < 2; i++) {
            String host = watched.host(i).name();
            files(layout.state(host).resolve("volumes"), found);
            files(layout.state(host + "-disk").resolve("disks"), found);
            disks(layout, host, found);
        }
        sessions(watched, found);
        found.addAll(watched.fuseConnections());
        return String.join("\n", found);
    }

    /** Sees that there is nothing, or soon is not. */
    static String requireNone(WatchedInstallation watched) throws Exception {
        String left = Awaiting.empty(PATIENCE, () -> of(watched));
        check(left.isEmpty(), "left:\n" + left);
        return "";
    }

    private static void files(Path folder, List<String> found) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .forEach(entry -> found.add("file " + entry));
        } catch (NoSuchFileException e) {
            // Nothing was ever kept there.
        }
    }

    private static void disks(Layout layout, String host, List<String> found) {
        try (GrpcChannel channel =
                GrpcChannel.open(new Endpoint.Unix(layout.socket(host + "-disk")))) {
            DisksGrpc.newBlockingStub(channel.channel())
                    .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                    .listDisks(ListDisksRequest.getDefaultInstance())
                    .getDisksList()
                    .forEach(disk -> found.add("disk %s on %s".formatted(disk.getDevice(), host)));
        }
    }

    private static void sessions(WatchedInstallation watched, List<String> found) {
        SessionsGrpc.newBlockingStub(watched.installation().admin().channel())
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .listSessions(ListSessionsRequest.getDefaultInstance())
                .getSessionsList()
                .forEach(session ->
                        found.add(
                                "session of %s on %s"
                                        .formatted(session.getNode(), session.getLun())));
    }
}
