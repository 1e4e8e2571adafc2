package dev.lunaria.target.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever CDB and Data-Out come: each command completes once, with a status that there is. */
class LogicalUnitSimulationTest {
    private static final int CDB_BYTES = 16;
    private static final int MOST_DATA_OUT = 4096;
    private static final int COMMANDS = 20_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void any_command_with_any_data_completes_once(long seed) {
        Random random = new Random(seed);
        UnitRig rig = new UnitRig();
        Initiator node = rig.login("a");
        for (int i = 0; i < COMMANDS; i++) {
            byte[] cdb = cdb(random);
            ByteBuffer dataOut = dataOut(random);
            long lun = random.nextInt(20) == 0 ? 1L << 48 : 0;
            try {
                Outcome outcome = node.send(lun, ByteBuffer.wrap(cdb), dataOut);
                assertThat(ScsiStatus.of(outcome.status())).isPresent();
                outcome.data();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", command " + i, e);
            }
        }
        assertThat(rig.buffers.bytes()).isLessThanOrEqualTo(16L << 20);
    }

    /**
     * Mostly a command that there is, with bits set where they mean something and a few elsewhere.
     */
    private static byte[] cdb(Random random) {
        byte[] cdb = new byte[CDB_BYTES];
        if (random.nextInt(10) == 0) {
            random.nextBytes(cdb);
            return cdb;
        }
        OperationCode[] all = OperationCode.values();
        byte[] usage = all[random.nextInt(all.length)].usageData();
        System.arraycopy(usage, 0, cdb, 0, usage.length);
        boolean dense = random.nextBoolean();
        for (int i = 2; i < usage.length; i++) {
            cdb[i] &= (byte) (dense || random.nextInt(5) == 0 ? random.nextInt() : 0);
        }
        if (random.nextInt(20) == 0) {
            cdb[random.nextInt(usage.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return cdb;
    }

    private static ByteBuffer dataOut(Random random) {
        byte[] data = new byte[random.nextBoolean() ? 0 : random.nextInt(MOST_DATA_OUT)];
        if (random.nextBoolean()) {
            random.nextBytes(data);
        }
        return ByteBuffer.allocateDirect(data.length).put(data).flip();
    }
}
