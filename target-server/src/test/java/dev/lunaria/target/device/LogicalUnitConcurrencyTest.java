package dev.lunaria.target.device;

import static dev.lunaria.target.device.UnitRig.BLOCK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.device.UnitRig.Initiator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Several nexuses on their own threads at once. */
class LogicalUnitConcurrencyTest {
    private static final int NODES = 4;
    private static final int INCREMENTS = 500;
    private static final long SECONDS = 30;

    private final UnitRig rig = new UnitRig().inUse();

    @Test
    void counters_kept_by_COMPARE_AND_WRITE_lose_no_increment() throws Exception {
        onEachNode(this::increment);
        byte[] data = read(rig.login("reader"));
        assertThat(ByteBuffer.wrap(data).getLong(0)).isEqualTo((long) NODES * INCREMENTS);
    }

    private void increment(Initiator node) {
        for (int done = 0; done < INCREMENTS; ) {
            byte[] seen = read(node);
            ByteBuffer swap = ByteBuffer.allocateDirect(2 * BLOCK).put(seen).put(seen).flip();
            swap.putLong(BLOCK, swap.getLong(0) + 1);
            if (node.send(new Cdb.CompareAndWrite(0, 1, false, false), swap).await().status()
                    == ScsiStatus.GOOD.code()) {
                done++;
            }
        }
    }

    private static byte[] read(Initiator node) {
        return node.send(new Cdb.Read(OperationCode.READ_10, 0, 1, false, false)).data();
    }

    @Test
    void every_reset_ends_though_others_never_stop_writing() throws Exception {
        AtomicInteger resets = new AtomicInteger();
        onEachNode(node -> {
            for (int i = 0; i < INCREMENTS; i++) {
                node.send(
                        new Cdb.Write(OperationCode.WRITE_10, 8, 1, false, false),
                        UnitRig.filled(BLOCK, i));
                node.device.manage(UnitFunction.LOGICAL_UNIT_RESET, resets::incrementAndGet);
            }
        });
        assertThat(resets).hasValue(NODES * INCREMENTS);
    }

    private void onEachNode(Work work) throws Exception {
        List<Callable<Void>> all = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            Initiator node = rig.login("node" + i);
            all.add(() -> {
                work.run(node);
                return null;
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(NODES)) {
            for (Future<Void> ended : threads.invokeAll(all, SECONDS, TimeUnit.SECONDS)) {
                ended.get();
            }
        }
    }

    /** What one node does. */
    private interface Work {
        void run(Initiator node);
    }
}
