package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.FileStatus;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
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

/** btrfs-progs on a file: it needs no block device. */
final class BtrfsIT {
    private static final long SIZE = 256L << 20;
    private static final int SUPERBLOCK_BYTES = 4096;
    private static final long PRIMARY = 64L << 10;
    private static final long MIRROR = 64L << 20;
    private static final Tool MKFS = new Tool("mkfs.btrfs", "btrfs-progs");
    private static final Tool BTRFS = new Tool("btrfs", "btrfs-progs");
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path folder;
    private final Btrfs btrfs = new Btrfs();
    private final UUID original = UUID.randomUUID();
    private final UUID copy = UUID.randomUUID();
    private Path volume = Path.of("/nowhere");

    @BeforeEach
    void makeVolume() throws IOException {
        assumeTrue(Files.exists(Path.of("/usr/bin/btrfs")), "needs btrfs-progs");
        volume = blank("volume");
        btrfs.make(volume, original, () -> "");
    }

    private Path blank(String name) throws IOException {
        Path file = folder.resolve(name);
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(SIZE);
        }
        return file;
    }

    private void assertSound() {
        Child.Result check =
                Child.run(LONG, BTRFS, List.of("check", "--readonly", volume.toString()));
        assertThat(check.exitCode()).as(check.output()).isZero();
    }

    private byte[] superblock(long offset) throws IOException {
        byte[] block = new byte[SUPERBLOCK_BYTES];
        try (var data = new RandomAccessFile(volume.toFile(), "r")) {
            data.seek(offset);
            data.readFully(block);
        }
        return block;
    }

    private void putBack(long offset, byte[] superblock) throws IOException {
        try (var data = new RandomAccessFile(volume.toFile(), "rw")) {
            data.seek(offset);
            data.write(superblock);
        }
    }

    /** The field of btrfs-progs' own view of a superblock. */
    private String field(String name, long offset) {
        String bytes = Long.toString(offset);
        Child.Result dump =
                Child.run(
                        LONG,
                        BTRFS,
                        List.of(
                                "inspect-internal",
                                "dump-super",
                                "--bytenr",
                                bytes,
                                volume.toString()));
        return dump.output()
                .lines()
                .filter(line -> line.startsWith(name + "\t"))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aFreshFilesystemIsSoundSparseAndCarriesTheVolumesUuid() throws IOException {
        assertSound();
        assertThat(btrfs.superblock(volume)).contains(new Superblock(original, SIZE));
        assertThat(FileStatus.of(volume).allocatedBytes()).isLessThan(SIZE / 8);
        assertThat(btrfs.claim(volume, original)).isEmpty();
        assertThat(field("fsid", PRIMARY)).isEqualTo(original.toString());
    }

    /** longhorn#8796; and a copy of a copy. */
    @Test
    void aCopyGetsItsOwnUuidInAllItsSuperblocks() throws IOException {
        for (UUID uuid : List.of(copy, UUID.randomUUID())) {
            assertThat(btrfs.claim(volume, uuid)).isEmpty();
            assertThat(btrfs.superblock(volume)).contains(new Superblock(uuid, SIZE));
            for (long offset : new long[] {PRIMARY, MIRROR}) {
                assertThat(field("fsid", offset)).isEqualTo(uuid.toString());
                assertThat(field("metadata_uuid", offset)).isEqualTo(original.toString());
                assertThat(field("csum", offset)).endsWith("[match]");
            }
            assertSound();
        }
    }

    @Test
    void aClaimKilledBetweenSuperblocksIsFinishedWhenRepeated() throws IOException {
        byte[] before = superblock(PRIMARY);
        assertThat(btrfs.claim(volume, copy)).isEmpty();
        byte[] named = superblock(PRIMARY);
        putBack(PRIMARY, before);
        assertThat(btrfs.claim(volume, copy)).isEmpty();
        assertThat(superblock(PRIMARY)).isEqualTo(named);
        assertSound();
    }

    @Test
    void checksumsThatAreNotCrc32cAreLeftToAnAdministrator() throws IOException {
        volume = blank("xxhash");
        Child.Result made =
                Child.run(LONG, MKFS, List.of("-q", "--csum", "xxhash", volume.toString()));
        assertThat(made.exitCode()).as(made.output()).isZero();
        byte[] before = superblock(PRIMARY);
        assertRefused("btrfstune");
        assertThat(superblock(PRIMARY)).isEqualTo(before);
    }

    @Test
    void severalDevicesAreRefused() throws IOException {
        Path second = blank("second");
        Child.Result made =
                Child.run(LONG, MKFS, List.of("-q", "-f", volume.toString(), second.toString()));
        assertThat(made.exitCode()).as(made.output()).isZero();
        assertRefused("2 devices");
    }

    /** The mount says what it is; nothing is written meanwhile. */
    @Test
    void whatIsNoBtrfsAnyMoreIsLeftToTheMount() throws IOException {
        byte[] mirror = superblock(MIRROR);
        putBack(PRIMARY, new byte[SUPERBLOCK_BYTES]);
        assertThat(btrfs.superblock(volume)).isEmpty();
        assertThat(btrfs.claim(volume, copy)).isEmpty();
        assertThat(superblock(MIRROR)).isEqualTo(mirror);
        assertThat(btrfs.diagnose(volume)).isNotEmpty();
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> btrfs.claim(volume, copy))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(Kind.PRECONDITION);
                            assertThat(e).hasMessageContaining(message);
                        });
    }
}
