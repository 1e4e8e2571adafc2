package dev.lunaria.e2e.deaths;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Tells of each file that appears in the folders of an installation: documents of the catalog, of
 * the registry, and of nodes.
 *
 * <p>One daemon thread, until it is closed. The kernel tells of a file after it is there (inotify),
 * so the program that made it may have gone on by a few system calls: what happens within a program
 * can be struck at no other way without its help.
 */
final class FolderSteps implements AutoCloseable {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    // Temporary names, and ids that aren't UUIDs: digests in file names of the disk process.
    private static final Pattern OTHER_ID = Pattern.compile("[0-9a-f]{16,}|[0-9]{6,}");

    private static final Pattern NODE = Pattern.compile("^(state/mybox)[0-9]+");
    private static final Pattern DOCUMENT = Pattern.compile("^(registry/\\w+/\\.?)[^.]*");

    private final WatchService watch;
    private final Path root;
    private final Steps steps;
    private final Map<WatchKey, Path> folders = new ConcurrentHashMap<>();

    private FolderSteps(WatchService watch, Path root, Steps steps) {
        this.watch = watch;
        this.root = root;
        this.steps = steps;
    }

    /** Begins to watch nothing yet. */
    static FolderSteps start(Path root, Steps steps) throws IOException {
        var folders = new FolderSteps(FileSystems.getDefault().newWatchService(), root, steps);
        Thread.ofPlatform().daemon().name("folder-steps").start(folders::run);
        return folders;
    }

    /** Watches a folder, which is made if it is missing; folders that appear in it are, too. */
    void add(Path folder) throws IOException {
        watch(Files.createDirectories(folder));
    }

    private void watch(Path folder) throws IOException {
        folders.put(folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE), folder);
    }

    @Override
    public void close() throws IOException {
        watch.close();
    }

    private void run() {
        try {
            while (true) {
                WatchKey key = watch.take();
                Path folder = folders.get(key);
                for (WatchEvent<?> event : key.pollEvents()) {
                    if (folder != null && event.context() instanceof Path name) {
                        appeared(folder.resolve(name));
                    }
                }
                if (!key.reset()) {
                    folders.remove(key);
                }
            }
        } catch (ClosedWatchServiceException e) {
            // It is over.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void appeared(Path path) {
        steps.passing(nameOf(root.relativize(path).toString()) + " appears");
        try {
            if (Files.isDirectory(path)) {
                // Never made: it may have been renamed away by now.
                watch(path);
            }
        } catch (IOException e) {
            // It is gone again.
        }
    }

    /** Without what differs from life to life: ids, the node, names of volumes in the registry. */
    private static String nameOf(String path) {
        String name = OTHER_ID.matcher(UUID.matcher(path).replaceAll("#")).replaceAll("#");
        return DOCUMENT.matcher(NODE.matcher(name).replaceFirst("$1#")).replaceFirst("$1#");
    }
}
