package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.FileStatus;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** xfsprogs on a file: it needs no block device. */
final class XfsIT {
    private static final long SIZE = 320L << 20;
    private static final int GROUPS = 4;
    private static final int SECTOR = 4096;

    @TempDir Path folder;
    private final Xfs xfs = new Xfs();
    private final UUID original = UUID.randomUUID();
    private final UUID copy = UUID.randomUUID();
    private Path volume = Path.of("/nowhere");

    @BeforeEach
    void makeVolume() throws IOException {
        assumeTrue(Files.exists(Path.of("/usr/sbin/mkfs.xfs")), "needs xfsprogs");
        volume = folder.resolve("volume");
        try (var data = new RandomAccessFile(volume.toFile(), "rw")) {
            data.setLength(SIZE);
        }
        xfs.make(volume, original, () -> "");
    }

    private void assertSound() {
        Child.Result check =
                Child.run(
                        Duration.ofSeconds(60),
                        new Tool("xfs_repair", "xfsprogs"),
                        List.of("-n", "-f", volume.toString()));
        assertThat(check.exitCode()).as(check.output()).isZero();
    }

    private byte[] superblock(int group) throws IOException {
        byte[] block = new byte[SECTOR];
        try (var data = new RandomAccessFile(volume.toFile(), "r")) {
            data.seek(group * (SIZE / GROUPS));
            data.readFully(block);
        }
        return block;
    }

    private void putBack(int group, byte[] superblock) throws IOException {
        try (var data = new RandomAccessFile(volume.toFile(), "rw")) {
            data.seek(group * (SIZE / GROUPS));
            data.write(superblock);
        }
    }

    @Test
    void aFreshFilesystemIsSoundSparseAndCarriesTheVolumesUuid() throws IOException {
        assertSound();
        assertThat(xfs.superblock(volume)).contains(new Superblock(original, SIZE));
        assertThat(FileStatus.of(volume).allocatedBytes()).isLessThan(SIZE / 3);
        assertThat(xfs.claim(volume, original)).isEmpty();
    }

    /** longhorn#8796. */
    @Test
    void aCopyGetsItsOwnUuid() throws IOException {
        assertThat(xfs.claim(volume, copy)).isEmpty();
        assertThat(xfs.superblock(volume)).contains(new Superblock(copy, SIZE));
        assertSound();
    }

    /** xfs_db empties the log first, under the new UUID: the kernel would not mount it now. */
    @Test
    void aClaimKilledBeforeItsFirstSuperblockIsFinishedWhenRepeated() throws IOException {
        byte[][] before = new byte[GROUPS][];
        for (int group = 0; group < GROUPS; group++) {
            before[group] = superblock(group);
        }
        assertThat(xfs.claim(volume, copy)).isEmpty();
        for (int group = 0; group < GROUPS; group++) {
            putBack(group, before[group]);
        }
        assertThat(xfs.claim(volume, copy)).isEmpty();
        assertThat(xfs.superblock(volume)).contains(new Superblock(copy, SIZE));
        assertSound();
    }

    @Test
    void aClaimKilledBetweenSuperblocksIsFinishedWhenRepeated() throws IOException {
        byte[] last = superblock(GROUPS - 1);
        assertThat(xfs.claim(volume, copy)).isEmpty();
        byte[] named = superblock(GROUPS - 1);
        putBack(GROUPS - 1, last);
        assertThat(xfs.claim(volume, copy)).isEmpty();
        assertThat(superblock(GROUPS - 1)).isEqualTo(named);
        assertSound();
    }

    /** The mount says what it is; nothing is written meanwhile. */
    @Test
    void whatIsNoXfsAnyMoreOrDamagedIsLeftToTheMount() throws IOException {
        byte[] damaged = superblock(0);
        damaged[91] = 77; // the number of allocation groups
        for (byte[] found : List.of(new byte[SECTOR], damaged)) {
            putBack(0, found);
            assertThat(xfs.claim(volume, copy)).isEmpty();
            assertThat(superblock(0)).isEqualTo(found);
        }
        putBack(0, new byte[SECTOR]);
        assertThat(xfs.superblock(volume)).isEmpty();
    }

    @Test
    void itsCheckerIsAskedWithoutChangingAnything() throws IOException {
        putBack(1, new byte[SECTOR]);
        byte[] before = superblock(1);
        assertThat(xfs.diagnose(volume)).contains("superblock");
        assertThat(superblock(1)).isEqualTo(before);
    }
}
