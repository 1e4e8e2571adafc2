package dev.lunaria.registry;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Serialises the writers of a folder, threads of this process and other processes alike. Used by
 * any thread; who can't have it within the patience it was made with gets {@code UNAVAILABLE}. The
 * kernel frees it when its owner dies.
 */
final class FolderLock implements AutoCloseable {

    private static final Duration RETRY = Duration.ofMillis(2);

    /** What is done under the lock. */
    interface Work<T> {
        T run() throws IOException;
    }

    private final Path file;
    private final Duration patience;
    private final FileChannel channel;
    private final ReentrantLock threads = new ReentrantLock();

    FolderLock(Path file, Duration patience) throws IOException {
        this.file = file;
        this.patience = patience;
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    <T> T with(Work<T> work) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        if (!lockThreads(deadline)) {
            throw held();
        }
        try (FileLock _ = lockProcesses(deadline)) {
            return work.run();
        } finally {
            threads.unlock();
        }
    }

    private boolean lockThreads(long deadline) {
        try {
            return threads.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private FileLock lockProcesses(long deadline) throws IOException {
        while (true) {
            Optional<FileLock> lock = tryLockProcesses();
            if (lock.isPresent()) {
                return lock.get();
            }
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                throw held();
            }
            LockSupport.parkNanos(RETRY.toNanos());
        }
    }

    private Optional<FileLock> tryLockProcesses() throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException heldByAnotherRegistryOfThisProcess) {
            return Optional.empty();
        }
    }

    private RegistryException held() {
        return new RegistryException(
                RegistryException.Reason.UNAVAILABLE,
                file
                        + " has been held by another writer for "
                        + patience.toMillis()
                        + " ms; try again");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
