package dev.lunaria.bench.server;

import dev.lunaria.e2e.installation.Leftovers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of one measurement, made empty and removed at its end; also when the program is
 * stopped by a signal. Used by one thread.
 */
public final class BenchFolder implements AutoCloseable {
    private final Path path;
    private final Thread hook = new Thread(this::interrupted, "clean-up");

    private BenchFolder(Path path) {
        this.path = path;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Stopped by a signal: what this process has started goes with it. */
    private void interrupted() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        try {
            delete();
        } catch (IOException e) {
            System.err.println(path + " stays: " + e.getMessage());
        }
    }

    /**
     * Makes it.
     *
     * @throws IOException where something is there already: it isn't ours to remove
     */
    public static BenchFolder make(Path path) throws IOException {
        if (Files.exists(path)) {
            throw new IOException(
                    path + " is there already, of a run that goes on or was killed; remove it");
        }
        return new BenchFolder(Files.createDirectories(path).toRealPath());
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // The hook runs, and cleans up.
        }
        delete();
    }

    /** With mounts and loop devices that a measurement which failed has left. */
    private void delete() throws IOException {
        try {
            var _ = Leftovers.remove(path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(path + " stays: interrupted", e);
        }
    }
}
