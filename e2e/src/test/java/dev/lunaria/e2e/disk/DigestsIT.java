package dev.lunaria.e2e.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.text.DigestPreference;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.node.disk.IoCompletion;
import dev.lunaria.node.disk.session.DiskLoops;
import dev.lunaria.node.disk.session.IscsiDisk;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.Lun;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * CRC32C over header and data (RFC 7143 §13.1), in both directions, on a good and a bad network.
 */
@TestInstance(Lifecycle.PER_CLASS)
class DigestsIT {
    private static final long MIB = 1 << 20;
    private static final int PIECE = 1 << 20;
    private static final int PIECES = 16;
    private static final int ERRORS = 4;
    private static final long SEED = 7;
    private static final long SECONDS = 120;

    private final DiskLoops loops = new DiskLoops();
    private OneTarget target;

    @BeforeAll
    void startTarget(@TempDir(cleanup = CleanupMode.ALWAYS) Path root) throws Exception {
        target = OneTarget.start(root);
    }

    @AfterAll
    void stopTarget() throws Exception {
        loops.close();
        if (target != null) {
            target.close();
        }
    }

    private IscsiDisk open(int port, OperationalWants wants) throws Exception {
        Lun lun = target.createLun(PIECES * MIB);
        target.grant(lun, 1, Access.READ_WRITE);
        IscsiDisk disk = IscsiDisk.open(target.address(lun, 1, lun.getLun(), port, wants), loops);
        disk.online().get(SECONDS, TimeUnit.SECONDS);
        return disk;
    }

    private static void end(IscsiDisk disk) throws Exception {
        disk.destroy("the test is over");
        disk.ended().get(SECONDS, TimeUnit.SECONDS);
    }

    private static void run(Consumer<IoCompletion> io) throws Exception {
        CompletableFuture<Integer> errno = new CompletableFuture<>();
        io.accept(errno::complete);
        assertThat(errno.get(SECONDS, TimeUnit.SECONDS)).isZero();
    }

    private static ByteBuffer pattern(int piece) {
        byte[] data = new byte[PIECE];
        new Random(piece).nextBytes(data);
        return ByteBuffer.allocateDirect(PIECE).put(data).flip();
    }

    /** Writes all pieces, then reads all of them back. */
    private static void writeAndCompare(IscsiDisk disk) throws Exception {
        for (int i = 0; i < PIECES; i++) {
            long offset = i * MIB;
            ByteBuffer data = pattern(i);
            run(done -> disk.write(offset, data.duplicate(), done));
        }
        run(disk::flush);
        for (int i = 0; i < PIECES; i++) {
            long offset = i * MIB;
            ByteBuffer into = ByteBuffer.allocateDirect(PIECE);
            run(done -> disk.read(offset, into.duplicate(), done));
            assertThat(into).as("piece %d", i).isEqualTo(pattern(i));
        }
    }

    @ParameterizedTest
    @CsvSource({"CRC32C,NONE", "NONE,CRC32C", "CRC32C,CRC32C", "NONE,NONE"})
    void whatIsWrittenIsReadBackWithEachDigest(DigestPreference header, DigestPreference data)
            throws Exception {
        IscsiDisk disk =
                open(target.port(), OperationalWants.forInitiator().withDigests(header, data));
        writeAndCompare(disk);
        end(disk);
    }

    /** At error recovery level 0 a digest error ends the connection (RFC 7143 §7.8). */
    @Test
    void aTurnedBitEndsTheConnectionAndNoByteIsWrong() throws Exception {
        try (CorruptingProxy network = new CorruptingProxy(target.port(), ERRORS, SEED)) {
            IscsiDisk disk =
                    open(
                            network.port(),
                            OperationalWants.forInitiator()
                                    .withDigests(DigestPreference.CRC32C, DigestPreference.CRC32C));
            writeAndCompare(disk);
            assertThat(network.turned()).isEqualTo(ERRORS);
            end(disk);
        }
    }
}
