package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.quickstart.StampWriter;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A pod with its volume, as the orchestrator of the soak moves it: nowhere, then on a node, then on
 * another. Each time it comes up it finds every record that its earlier lives fsynced.
 *
 * <p>Used by one thread; its writers have threads of their own. It keeps the files of its last
 * {@value #KEPT_FILES} lives.
 */
final class SoakPod implements AutoCloseable {
    private static final long BYTES = 2L << 30;
    private static final int KEPT_FILES = 8;

    /** So often a pod is restarted to look again; programs die far less often in a row. */
    private static final int LOOKS = 10;

    private static final long FAILURE_MILLIS = 60_000;

    private final WatchedInstallation watched;
    private final Orchestrator orchestrator;
    private final String name;
    private final Calls calls;

    /** Records that were fsynced, by file. */
    private final Map<String, Long> synced = new LinkedHashMap<>();

    private @Nullable Volume volume;
    private @Nullable Running running;
    private int generation;
    private long records;

    /** How the soak makes a call. */
    interface Calls {
        /** Makes it until it succeeds. */
        <T> T make(Callable<T> call) throws Exception;
    }

    private record Running(
            NodeHost host,
            Map<String, String> context,
            Path path,
            String file,
            PodWriter records,
            StampWriter stamps) {}

    SoakPod(WatchedInstallation watched, String name, Calls calls) {
        this.watched = watched;
        this.orchestrator = watched.orchestrator();
        this.name = name;
        this.calls = calls;
    }

    /** Records that were fsynced in all. */
    long records() {
        return records;
    }

    /** One thing that an orchestrator may do with it now. */
    void move(RandomGenerator random) throws Exception {
        Running now = running;
        if (now == null) {
            start(watched.host(random.nextInt(2)));
            return;
        }
        switch (random.nextInt(4)) {
            case 0 -> requireExclusive(now);
            case 1 -> restart(now);
            case 2 -> fence(now);
            default -> stop(now);
        }
    }

    /** Stops it and deletes its volume. */
    void end() throws Exception {
        Running now = running;
        if (now != null) {
            stop(now);
        }
        Volume there = volume;
        if (there != null) {
            // Once more, to find everything.
            start(watched.host(0));
            stop(running());
            make(() -> orchestrator.delete(there));
        }
    }

    /** Has its writers give up, where something failed while they were writing. */
    @Override
    public void close() {
        Running now = running;
        if (now != null) {
            now.records().close();
            try {
                now.stamps().stop();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Running running() {
        if (running == null) {
            throw new IllegalStateException(name + " doesn't run");
        }
        return running;
    }

    private void start(NodeHost host) throws Exception {
        Volume there = calls.make(() -> orchestrator.create(name, BYTES));
        check(volume == null || volume.equals(there), name + " became another volume");
        volume = there;
        Map<String, String> context = calls.make(() -> orchestrator.controllerPublish(there, host));
        make(() -> orchestrator.stage(there, host, context));
        run(host, context);
    }

    /** NodePublishVolume, then the pod itself: it looks at what there is, and goes on writing. */
    private void run(NodeHost host, Map<String, String> context) throws Exception {
        Volume there = there();
        Path path = calls.make(() -> orchestrator.publish(there, host, context, name));
        for (int attempt = 1; !findsItsRecords(path, attempt); attempt++) {
            make(() -> orchestrator.unpublish(there, host, name));
            path = calls.make(() -> orchestrator.publish(there, host, context, name));
        }
        generation++;
        String file = "records-" + generation;
        running =
                new Running(
                        host,
                        context,
                        path,
                        file,
                        PodWriter.start(path.resolve(file)),
                        StampWriter.start(path.resolve("stamps-" + generation)));
    }

    /**
     * Looks at the files of earlier lives. Where its disk process was killed right after the
     * publish the mount is gone, and a restarted pod looks again; what isn't there then is lost.
     */
    private boolean findsItsRecords(Path path, int attempt) {
        try {
            for (Map.Entry<String, Long> file : synced.entrySet()) {
                PodWriter.verify(path.resolve(file.getKey()), file.getValue());
            }
            while (synced.size() >= KEPT_FILES) {
                String oldest = synced.keySet().iterator().next();
                Files.deleteIfExists(path.resolve(oldest));
                synced.remove(oldest);
            }
            return true;
        } catch (IOException e) {
            check(attempt < LOOKS, "%s doesn't find what it fsynced: %s".formatted(name, e));
            return false;
        }
    }

    /** Another node gets no grant while this one has one. */
    private void requireExclusive(Running now) throws Exception {
        NodeHost other = watched.host(now.host() == watched.host(0) ? 1 : 0);
        try {
            var _ = calls.make(() -> orchestrator.controllerPublish(there(), other));
        } catch (StatusRuntimeException e) {
            check(
                    e.getStatus().getCode() == Code.FAILED_PRECONDITION,
                    "a second node is refused by " + e.getStatus());
            return;
        }
        check(false, name + " was granted to two nodes");
    }

    /** A container that ends and begins again on its node. */
    private void restart(Running now) throws Exception {
        stopWriting(now);
        make(() -> orchestrator.unpublish(there(), now.host(), name));
        run(now.host(), now.context());
    }

    /** The node is given up while the pod writes; what it fsynced and nothing later is there. */
    private void fence(Running now) throws Exception {
        Volume there = there();
        make(() -> orchestrator.controllerUnpublish(there, now.host()));
        Path lun = new LunView(watched.installation(), there).file();
        long atOk = now.stamps().newestIn(lun);
        check(
                now.stamps().awaitFailure(FAILURE_MILLIS),
                name + ": the fenced writer goes on writing");
        long later = now.stamps().newestIn(lun);
        check(later == atOk, "stamp %d came after the fence's OK at %d".formatted(later, atOk));
        check(
                atOk >= now.stamps().acknowledged(),
                "stamp %d was acknowledged, and %d is the newest"
                        .formatted(now.stamps().acknowledged(), atOk));
        stopWriting(now);
        make(() -> orchestrator.unpublish(there, now.host(), name));
        make(() -> orchestrator.unstage(there, now.host()));
    }

    private void stop(Running now) throws Exception {
        Volume there = there();
        stopWriting(now);
        make(() -> orchestrator.unpublish(there, now.host(), name));
        make(() -> orchestrator.unstage(there, now.host()));
        make(() -> orchestrator.controllerUnpublish(there, now.host()));
    }

    private void stopWriting(Running now) throws InterruptedException {
        now.stamps().stop();
        var _ = now.records().stop();
        // Without a record its file may never have been made.
        if (now.records().synced() > 0) {
            synced.put(now.file(), now.records().synced());
        }
        records += now.records().synced();
        running = null;
    }

    private Volume there() {
        if (volume == null) {
            throw new IllegalStateException(name + " has no volume");
        }
        return volume;
    }

    /** A call without an answer. */
    private interface Call {
        void run() throws Exception;
    }

    private void make(Call call) throws Exception {
        var _ =
                calls.make(() -> {
                    call.run();
                    return true;
                });
    }
}
