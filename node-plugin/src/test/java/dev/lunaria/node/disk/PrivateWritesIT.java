package dev.lunaria.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.linux.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes that stay on the node, over a file of 16 MiB of noise. */
final class PrivateWritesIT {
    private static final int SIZE = 16 << 20;
    private static final int BLOCK = 512;
    private static final int LIMIT = 12 << 20;

    @TempDir Path folder;
    private final byte[] noise = new byte[SIZE];
    private FileBlockIo below;
    private PrivateWrites io;

    @BeforeEach
    void open() throws IOException {
        new Random(1).nextBytes(noise);
        Files.write(folder.resolve("below"), noise);
        below = new FileBlockIo(folder.resolve("below"), SIZE, BLOCK);
        io = PrivateWrites.over(below, folder.resolve("scratch"), LIMIT);
    }

    @AfterEach
    void close() {
        io.close();
        below.close();
    }

    private static int run(Consumer<IoCompletion> request) throws Exception {
        CompletableFuture<Integer> errno = new CompletableFuture<>();
        request.accept(errno::complete);
        return errno.get(30, TimeUnit.SECONDS);
    }

    private byte[] read(int offset, int length) throws Exception {
        ByteBuffer into = ByteBuffer.allocateDirect(length);
        assertThat(run(done -> io.read(offset, into.duplicate(), done))).isZero();
        byte[] bytes = new byte[length];
        into.get(bytes);
        return bytes;
    }

    private int write(int offset, byte[] bytes) throws Exception {
        ByteBuffer from = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return run(done -> io.write(offset, from, done));
    }

    /** Against an array, step by step; nothing of it reaches what is below. */
    @Test
    void whatIsWrittenIsReadBackAndNothingReachesWhatIsBelow() throws Exception {
        long seed = System.nanoTime();
        System.err.println("seed " + seed);
        var random = new Random(seed);
        byte[] model = noise.clone();
        for (int step = 0; step < 500; step++) {
            int length = BLOCK * (1 + random.nextInt(64));
            int offset = BLOCK * random.nextInt((SIZE / 2 - length) / BLOCK);
            switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    assertThat(write(offset, bytes)).isZero();
                    System.arraycopy(bytes, 0, model, offset, length);
                }
                case 1 -> {
                    assertThat(run(done -> io.discard(offset, length, done))).isZero();
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 2 -> {
                    assertThat(run(done -> io.writeZeroes(offset, length, done))).isZero();
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                default ->
                        assertThat(read(offset, length))
                                .isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
            }
        }
        assertThat(read(0, SIZE)).isEqualTo(model);
        assertThat(run(io::flush)).isZero();
        assertThat(Files.readAllBytes(folder.resolve("below"))).isEqualTo(noise);
        assertThat(below.flushes).hasValue(0);
    }

    @Test
    void whatIsBeyondTheLimitIsRefusedAndTheRestStays() throws Exception {
        byte[] chunk = new byte[4 << 20];
        for (int offset = 0; offset < LIMIT; offset += chunk.length) {
            assertThat(write(offset, chunk)).isZero();
        }
        assertThat(write(LIMIT, new byte[BLOCK])).isEqualTo(Errno.ENOSPC);
        assertThat(write(LIMIT - BLOCK, new byte[2 * BLOCK])).isEqualTo(Errno.ENOSPC);
        assertThat(write(LIMIT - BLOCK, new byte[BLOCK])).isZero();
        assertThat(run(done -> io.discard(LIMIT, BLOCK, done))).isEqualTo(Errno.ENOSPC);
        assertThat(read(LIMIT, BLOCK)).isEqualTo(Arrays.copyOfRange(noise, LIMIT, LIMIT + BLOCK));
        assertThat(read(0, BLOCK)).isEqualTo(new byte[BLOCK]);
    }

    @Test
    void theScratchFileHasNoName() {
        assertThat(folder.resolve("scratch")).doesNotExist();
    }

    @Test
    void afterTheEndEverythingFails() throws Exception {
        io.close();
        assertThat(write(0, new byte[BLOCK])).isEqualTo(Errno.EIO);
    }
}
