package dev.lunaria.registry;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watches of a folder: looks when the kernel tells of a change, and at the latest after the
 * bound. Its state is guarded by its lock; one thread of its own looks, once there is a first
 * subscription. Keeps the documents of the kinds that are watched in memory.
 *
 * <p>A document that can't be understood stays as it was last understood, and is logged once.
 */
final class FolderWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(FolderWatch.class);

    /** Reads one file; empty where it is gone. */
    interface Reader {
        <S extends Spec> Optional<Document<S>> read(Kind<S> kind, Path file);
    }

    /** What tells that a file may be another than before. */
    private record Stamp(@Nullable Object file, long modifiedNanos, long size) {}

    private final Path folder;
    private final Reader reader;
    private final Duration bound;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Kind<?>, Watched<?>> watched = new HashMap<>();
    private @Nullable WatchService events;

    FolderWatch(Path folder, Reader reader, Duration bound) {
        this.folder = folder;
        this.reader = reader;
        this.bound = bound;
    }

    /** Tells what there is on the calling thread, then changes on the watching thread. */
    <S extends Spec> Subscription subscribe(Kind<S> kind, Consumer<Change<S>> listener) {
        lock.lock();
        try {
            Watched<S> documents = watched(kind);
            documents.look();
            startLooking();
            documents
                    .documents
                    .values()
                    .forEach(document -> listener.accept(new Change.Put<>(document)));
            listener.accept(new Change.Synced<>());
            documents.listeners.add(listener);
            return () -> documents.listeners.remove(listener);
        } catch (IOException e) {
            throw new RegistryException(
                    RegistryException.Reason.UNAVAILABLE,
                    folder + " can't be watched: " + e.getMessage(),
                    e);
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("unchecked") // The map's values are of their keys' kind.
    private <S extends Spec> Watched<S> watched(Kind<S> kind) {
        return (Watched<S>) watched.computeIfAbsent(kind, missing -> new Watched<>(kind));
    }

    private void startLooking() throws IOException {
        if (events != null) {
            return;
        }
        WatchService service = folder.getFileSystem().newWatchService();
        for (Kind<?> kind : Kind.ALL) {
            folder.resolve(kind.plural())
                    .register(
                            service,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_MODIFY,
                            StandardWatchEventKinds.ENTRY_DELETE);
        }
        events = service;
        Thread.ofPlatform().daemon().name("registry-watch").start(() -> lookUntilClosed(service));
    }

    private void lookUntilClosed(WatchService service) {
        try {
            while (true) {
                WatchKey key = service.poll(bound.toMillis(), TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
                lookAtAll();
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            log.debug("The watch of the registry's folder ends");
        }
    }

    private void lookAtAll() {
        lock.lock();
        try {
            watched.values().forEach(Watched::lookAgain);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (events != null) {
                events.close();
            }
            watched.clear();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("folder", folder)
                    .log("Closing the watch failed; the process goes on", e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The documents of one kind as they were last seen. Guarded by the outer lock; its listeners by
     * themselves.
     */
    private final class Watched<S extends Spec> {

        private final Kind<S> kind;
        private final Map<Path, Stamp> stamps = new HashMap<>();
        private final TreeMap<Path, Document<S>> documents = new TreeMap<>();
        private final List<Consumer<Change<S>>> listeners = new CopyOnWriteArrayList<>();
        private boolean troubled;

        Watched(Kind<S> kind) {
            this.kind = kind;
        }

        /** As {@link #look}, by the watching thread: trouble is logged when it begins. */
        void lookAgain() {
            try {
                look();
                troubled = false;
            } catch (IOException | RuntimeException e) {
                if (!troubled) {
                    log.atWarn()
                            .addKeyValue("kind", kind)
                            .setCause(e)
                            .log(
                                    "the registry's folder can't be watched now; looking again and again");
                }
                troubled = true;
            }
        }

        void look() throws IOException {
            Map<Path, Stamp> present = stampsNow();
            for (Path gone : List.copyOf(stamps.keySet())) {
                if (!present.containsKey(gone)) {
                    forget(gone);
                }
            }
            present.forEach((file, stamp) -> {
                if (!stamp.equals(stamps.get(file))) {
                    lookAt(file, stamp);
                }
            });
        }

        private void lookAt(Path file, Stamp stamp) {
            stamps.put(file, stamp);
            try {
                Optional<Document<S>> found = reader.read(kind, file);
                if (found.isEmpty()) {
                    forget(file);
                    return;
                }
                Document<S> before = documents.put(file, found.get());
                if (before == null
                        || !before.resourceVersion().equals(found.get().resourceVersion())) {
                    tell(new Change.Put<>(found.get()));
                }
            } catch (RegistryException e) {
                if (e.reason() == RegistryException.Reason.UNAVAILABLE) {
                    stamps.remove(file);
                    throw e;
                }
                log.atWarn()
                        .addKeyValue("file", file)
                        .addKeyValue("error", e.getMessage())
                        .log("A document can't be read; its last readable form stays in force");
            }
        }

        private void forget(Path file) {
            stamps.remove(file);
            Document<S> gone = documents.remove(file);
            if (gone != null) {
                tell(new Change.Removed<>(gone.name()));
            }
        }

        private void tell(Change<S> change) {
            listeners.forEach(listener -> listener.accept(change));
        }

        private Map<Path, Stamp> stampsNow() throws IOException {
            var present = new HashMap<Path, Stamp>();
            var files = new ArrayList<Path>();
            try (DirectoryStream<Path> stream =
                    FolderRegistry.documentFiles(folder.resolve(kind.plural()))) {
                stream.forEach(files::add);
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            for (Path file : files) {
                try {
                    var attributes = Files.readAttributes(file, BasicFileAttributes.class);
                    present.put(
                            file,
                            new Stamp(
                                    attributes.fileKey(),
                                    attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                                    attributes.size()));
                } catch (NoSuchFileException e) {
                    log.atTrace().addKeyValue("file", file).log("Removed while looking");
                }
            }
            return present;
        }
    }
}
