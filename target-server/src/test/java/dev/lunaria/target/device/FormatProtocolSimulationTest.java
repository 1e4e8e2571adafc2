package dev.lunaria.target.device;

import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.FormatCommand;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three nodes want the same unit formatted, are fenced in the middle of it, and come back; store
 * and catalog answer in any order, and fail now and then. Replayable by its seed.
 */
class FormatProtocolSimulationTest {
    private static final int STEPS = 400;
    private static final int FILESYSTEM_BLOCKS = 4;

    private final Random random = new Random();
    private final UnitRig rig = new UnitRig();
    private final List<Node> nodes = new ArrayList<>();
    private int entries;

    @ParameterizedTest
    @ValueSource(longs = {0, 10_000, 20_000, 30_000})
    void whoever_is_READY_at_last_has_a_whole_filesystem_of_one_node(long firstSeed) {
        for (long seed = firstSeed; seed < firstSeed + 150; seed++) {
            var one = new FormatProtocolSimulationTest();
            one.random.setSeed(seed);
            try {
                one.run();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private void run() {
        for (String name : List.of("a", "b", "c")) {
            nodes.add(new Node(name));
        }
        rig.poolHeld = true;
        rig.store.hold();
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        heal();
        while (rig.formats.current().state() != State.READY) {
            nodes.get(random.nextInt(nodes.size())).act();
            settle();
        }
        settle();
        assertWhole();
    }

    private void step() {
        switch (random.nextInt(12)) {
            case 0 -> nodes.get(random.nextInt(nodes.size())).fence();
            case 1 -> rig.store.failFlushes(random.nextInt(4) == 0 ? Reason.BUSY : null);
            case 2 -> rig.formats.fail(random.nextInt(4) == 0 ? Reason.WRITE : null);
            case 3, 4, 5, 6 -> nodes.get(random.nextInt(nodes.size())).act();
            default -> answerOne();
        }
    }

    private void heal() {
        rig.store.failFlushes(null);
        rig.formats.fail(null);
        settle();
    }

    private void answerOne() {
        if (!rig.pool.isEmpty() && random.nextBoolean()) {
            rig.pool.remove().run();
        } else if (rig.store.waiting() > 0) {
            rig.store.releaseOne(random);
        }
    }

    private void settle() {
        while (!rig.pool.isEmpty() || rig.store.waiting() > 0) {
            answerOne();
        }
    }

    /**
     * Power fails: what is there is what one owner wrote after its last entry, and nothing else.
     */
    private void assertWhole() {
        FormatState state = rig.formats.current();
        assertThat(state.filesystem()).isEqualTo("ext4");
        assertThat(state.formattingEntries()).isGreaterThanOrEqualTo(entries);
        rig.store.losePower();
        rig.store.release();
        Outcome read =
                rig.login("reader")
                        .send(
                                new Cdb.Read(
                                        OperationCode.READ_10, 0, FILESYSTEM_BLOCKS, false, false));
        byte[] data = read.data();
        for (int block = 0; block < FILESYSTEM_BLOCKS; block++) {
            assertThat(data[block * BLOCK])
                    .as("block " + block)
                    .isEqualTo((byte) state.formattingEntries());
        }
    }

    /**
     * A node that stages the unit: reads the page, begins, makes a filesystem, finishes. Now and
     * then it begins where it should not: the target has to refuse.
     */
    private final class Node {
        private final String name;
        private long epoch = 1;
        private Initiator initiator;
        private @Nullable Outcome waiting;
        private int written;
        private boolean formatting;

        Node(String name) {
            this.name = name;
            this.initiator = rig.login(name);
        }

        /** Looks at what came back, and does the next thing. */
        void act() {
            if (waiting != null && !waiting.isThere()) {
                return;
            }
            boolean good = waiting == null || waiting.status() == ScsiStatus.GOOD.code();
            waiting = null;
            if (!good) {
                formatting = false;
            }
            if (formatting) {
                makeFilesystem();
            } else {
                begin();
            }
        }

        private FormatStatePage page() {
            return FormatStatePage.parse(
                    initiator.send(new Cdb.Inquiry(true, FormatStatePage.CODE, 512)).buffer());
        }

        private void begin() {
            FormatStatePage page = page();
            boolean mayBegin =
                    switch (page.state()) {
                        case BLANK -> true;
                        case FORMATTING ->
                                page.mine() || page.ownerFenced() || random.nextInt(4) == 0;
                        case READY -> false;
                    };
            if (mayBegin) {
                formatting = true;
                written = 0;
                waiting =
                        initiator.send(
                                FormatCommand.begin(),
                                new FormatCommand(page.generation(), "ext4").encode());
                entries = (int) rig.formats.current().formattingEntries();
            }
        }

        private void makeFilesystem() {
            FormatStatePage page = page();
            if (!page.mine()) {
                formatting = false;
            } else if (written < FILESYSTEM_BLOCKS) {
                waiting =
                        initiator.send(
                                new Cdb.Write(OperationCode.WRITE_10, written, 1, false, false),
                                filled(BLOCK, (int) page.formattingEntries()));
                written++;
            } else {
                waiting =
                        initiator.send(
                                FormatCommand.finish(),
                                new FormatCommand(page.generation(), "").encode());
                formatting = false;
            }
        }

        /** Unpublished and published again: drained, fenced, a new epoch. */
        void fence() {
            while (waiting != null && !waiting.isThere()) {
                answerOne();
            }
            waiting = null;
            initiator.device.nexusLost();
            rig.formats.fence(initiator.grant);
            epoch++;
            initiator = rig.loginFresh(name, epoch, false);
            initiator.send(new Cdb.TestUnitReady());
            formatting = false;
        }
    }
}
