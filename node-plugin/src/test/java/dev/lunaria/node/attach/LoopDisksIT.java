package dev.lunaria.node.attach;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The fake keeps the contract too. */
final class LoopDisksIT extends AttachBackendContract {
    @TempDir private static Path folder;
    private final LoopDisks disks = new LoopDisks();
    private FakeLun lun = new FakeLun(Path.of("/nowhere"));

    @BeforeEach
    void makeVolume() throws IOException {
        Path file = folder.resolve(UUID.randomUUID().toString());
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(16 << 20);
        }
        lun = new FakeLun(file);
        disks.add(VOLUME, lun);
    }

    @Override
    AttachBackend backend() {
        return disks;
    }

    @Override
    UUID identity() {
        return lun.identity;
    }

    @Override
    long grantedEpoch() {
        return lun.grantedEpoch();
    }

    @Override
    void grow(long bytes) throws IOException {
        lun.grow(bytes);
    }

    @Override
    void fenceAndGrantAgain() {
        lun.fenceAndGrantAgain();
    }
}
