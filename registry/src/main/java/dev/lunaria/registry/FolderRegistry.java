package dev.lunaria.registry;

import static dev.lunaria.registry.RegistryException.Reason.ALREADY_EXISTS;
import static dev.lunaria.registry.RegistryException.Reason.CONFLICT;
import static dev.lunaria.registry.RegistryException.Reason.NOT_FOUND;
import static dev.lunaria.registry.RegistryException.Reason.UNAVAILABLE;
import static dev.lunaria.registry.RegistryException.Reason.UNREADABLE;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The registry as a folder: a subfolder for each kind, in it one YAML file for each document. Used
 * by any thread and by several processes at once, who take turns in writing by a lock file; readers
 * need no lock. Bounded by the disk.
 *
 * <p>A new document is written beside, fsynced and linked to its name, which fails where the name
 * is taken; a changed one is renamed over the old; then the subfolder is fsynced. So a reader sees
 * a document whole or not at all, and what was returned survives a power loss. People may write
 * files there too, in the same way.
 */
public final class FolderRegistry implements Registry {

    /** A change made by another process is told within this time at the latest; mostly at once. */
    public static final Duration WATCH_BOUND = Duration.ofSeconds(1);

    /** So long a writer waits for its turn. */
    static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);

    private static final String LOCK_FILE = ".lock";
    private static final String TEMPORARY_PREFIX = ".new-";

    private final Path folder;
    private final FolderLock lock;
    private final DocumentFormat format = new DocumentFormat();
    private final FolderWatch watches;

    private FolderRegistry(Path folder, FolderLock lock) {
        this.folder = folder;
        this.lock = lock;
        this.watches = new FolderWatch(folder, this::read, WATCH_BOUND);
    }

    /**
     * Opens the folder, makes what is missing of it, and removes what an interrupted writer left.
     * {@code UNAVAILABLE} with one line where that isn't possible.
     */
    public static FolderRegistry open(Path folder) {
        return open(folder, LOCK_PATIENCE);
    }

    static FolderRegistry open(Path folder, Duration lockPatience) {
        try {
            Files.createDirectories(folder);
            for (Kind<?> kind : Kind.ALL) {
                Files.createDirectories(folder.resolve(kind.plural()));
            }
            fsync(folder);
            var lock = new FolderLock(folder.resolve(LOCK_FILE), lockPatience);
            lock.with(() -> {
                removeLeftovers(folder);
                return true;
            });
            return new FolderRegistry(folder, lock);
        } catch (IOException e) {
            throw new RegistryException(
                    UNAVAILABLE, "the registry's folder can't be used: " + describe(e), e);
        }
    }

    /**
     * Every writer holds the lock from making a temporary file to removing it: what is seen under
     * it was left.
     */
    private static void removeLeftovers(Path folder) throws IOException {
        for (Kind<?> kind : Kind.ALL) {
            try (DirectoryStream<Path> left =
                    Files.newDirectoryStream(
                            folder.resolve(kind.plural()), TEMPORARY_PREFIX + "*")) {
                for (Path file : left) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public <S extends Spec> List<Document<S>> list(Kind<S> kind) {
        var documents = new ArrayList<Document<S>>();
        try (DirectoryStream<Path> files = documentFiles(folder.resolve(kind.plural()))) {
            for (Path file : files) {
                read(kind, file).ifPresent(documents::add);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw unavailable(kind, e);
        }
        documents.sort(Comparator.comparing(Document::name));
        return documents;
    }

    @Override
    public <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name) {
        Path file = file(kind, name);
        Optional<Document<S>> document = read(kind, file);
        document.ifPresent(found -> {
            if (!found.name().equals(name)) {
                throw new RegistryException(
                        UNREADABLE,
                        file
                                + ": its metadata.name is \""
                                + found.name()
                                + "\", not \""
                                + name
                                + "\"");
            }
        });
        return document;
    }

    @Override
    public <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec) {
        Path file = file(kind, name);
        byte[] bytes = format.write(kind, name, spec);
        try {
            return lock.with(() -> {
                Path temporary = writeBeside(file, bytes);
                try {
                    Files.createLink(file, temporary);
                } finally {
                    Files.delete(temporary);
                }
                fsync(file.resolveSibling("."));
                return new Document<>(name, DocumentFormat.version(bytes), spec);
            });
        } catch (FileAlreadyExistsException e) {
            throw new RegistryException(
                    ALREADY_EXISTS, "there is a " + kind + " \"" + name + "\" already", e);
        } catch (IOException e) {
            throw unavailable(kind, e);
        }
    }

    @Override
    public <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec) {
        Path file = file(kind, current.name());
        byte[] bytes = format.write(kind, current.name(), spec);
        try {
            return lock.with(() -> {
                if (!isCurrent(kind, current)) {
                    throw new RegistryException(
                            NOT_FOUND, "there is no " + kind + " \"" + current.name() + "\"");
                }
                Path temporary = writeBeside(file, bytes);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                fsync(file.resolveSibling("."));
                return new Document<>(current.name(), DocumentFormat.version(bytes), spec);
            });
        } catch (IOException e) {
            throw unavailable(kind, e);
        }
    }

    @Override
    public <S extends Spec> void delete(Kind<S> kind, Document<S> current) {
        Path file = file(kind, current.name());
        try {
            lock.with(() -> {
                if (isCurrent(kind, current)) {
                    Files.delete(file);
                }
                fsync(file.resolveSibling("."));
                return true;
            });
        } catch (IOException e) {
            throw unavailable(kind, e);
        }
    }

    /** Whether it is there; {@code CONFLICT} where it is there as another. */
    private <S extends Spec> boolean isCurrent(Kind<S> kind, Document<S> expected) {
        Optional<Document<S>> found = get(kind, expected.name());
        found.ifPresent(document -> {
            if (!document.resourceVersion().equals(expected.resourceVersion())) {
                throw new RegistryException(
                        CONFLICT,
                        kind + " \"" + expected.name() + "\" was changed meanwhile; read it again");
            }
        });
        return found.isPresent();
    }

    @Override
    public <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener) {
        return watches.subscribe(kind, listener);
    }

    @Override
    public void close() {
        watches.close();
        try {
            lock.close();
        } catch (IOException e) {
            throw new RegistryException(
                    UNAVAILABLE, "closing the registry's folder: " + describe(e), e);
        }
    }

    @MustBeClosed
    static DirectoryStream<Path> documentFiles(Path subfolder) throws IOException {
        return Files.newDirectoryStream(
                subfolder,
                file -> {
                    String name = file.getFileName().toString();
                    return name.endsWith(FileNames.SUFFIX) && !name.startsWith(".");
                });
    }

    private <S extends Spec> Optional<Document<S>> read(Kind<S> kind, Path file) {
        try (var in = Files.newInputStream(file)) {
            return Optional.of(
                    format.read(kind, file, in.readNBytes(DocumentFormat.MAX_BYTES + 1)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unavailable(kind, e);
        }
    }

    private Path file(Kind<?> kind, String name) {
        return folder.resolve(kind.plural()).resolve(FileNames.of(name));
    }

    private static Path writeBeside(Path file, byte[] bytes) throws IOException {
        Path temporary = file.resolveSibling(TEMPORARY_PREFIX + UUID.randomUUID());
        try (var out =
                FileChannel.open(
                        temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            out.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        return temporary;
    }

    private static void fsync(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static RegistryException unavailable(Kind<?> kind, Exception e) {
        return new RegistryException(
                UNAVAILABLE, kind + " in the registry's folder: " + describe(e), e);
    }

    private static String describe(Exception e) {
        return e.getMessage() == null
                ? e.toString()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
