package dev.lunaria.target.device;

import static dev.lunaria.target.device.Outcomes.assertCheck;
import static dev.lunaria.target.device.Outcomes.assertGood;
import static dev.lunaria.target.device.UnitRig.BLOCK;
import static dev.lunaria.target.device.UnitRig.BLOCKS;
import static dev.lunaria.target.device.UnitRig.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.FormatCommand;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.scsi.UnmapList;
import dev.lunaria.target.device.UnitRig.Initiator;
import dev.lunaria.target.device.UnitRig.Outcome;
import dev.lunaria.target.store.StoreException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Formatted once, provably: BLANK, FORMATTING, READY (VPD page C0h, command C1h). */
class FormatProtocolTest {
    private final UnitRig rig = new UnitRig();
    private final Initiator a = rig.login("a");
    private final Initiator b = rig.login("b");

    private static FormatStatePage page(Initiator node) {
        return FormatStatePage.parse(
                node.send(new Cdb.Inquiry(true, FormatStatePage.CODE, 512)).buffer());
    }

    private static Outcome begin(Initiator node, long generation, String filesystem) {
        return node.send(FormatCommand.begin(), new FormatCommand(generation, filesystem).encode());
    }

    private static Outcome finish(Initiator node, long generation) {
        return node.send(FormatCommand.finish(), new FormatCommand(generation, "").encode());
    }

    private static Outcome write(Initiator node) {
        return node.send(
                new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false), filled(BLOCK, 'm'));
    }

    @Test
    void a_new_unit_is_BLANK_at_generation_1() {
        assertThat(page(a))
                .isEqualTo(
                        new FormatStatePage(
                                FormatStatePage.State.BLANK, false, false, 1, 0, "", 0, ""));
    }

    @Test
    void BLANK_becomes_FORMATTING_becomes_READY() {
        assertGood(begin(a, 1, "ext4"));
        FormatStatePage formatting = page(a);
        assertThat(formatting.state()).isEqualTo(FormatStatePage.State.FORMATTING);
        assertThat(formatting.mine()).isTrue();
        assertThat(formatting.formattingEntries()).isEqualTo(1);
        assertThat(page(b).mine()).isFalse();
        assertThat(page(b).ownerNode()).isEqualTo("a");
        assertGood(write(a));
        assertGood(finish(a, 2));
        FormatStatePage ready = page(b);
        assertThat(ready.state()).isEqualTo(FormatStatePage.State.READY);
        assertThat(ready.filesystem()).isEqualTo("ext4");
        assertThat(ready.generation()).isEqualTo(3);
    }

    @Test
    void FINISH_flushes_before_it_is_READY() {
        begin(a, 1, "ext4");
        write(a);
        finish(a, 2);
        assertThat(rig.store.flushes()).isEqualTo(1);
        rig.store.losePower();
        assertThat(rig.store.isEmpty()).isFalse();
    }

    @Test
    void FINISH_stays_FORMATTING_where_the_flush_fails() {
        begin(a, 1, "ext4");
        write(a);
        rig.store.failFlushes(Reason.FLUSH);
        assertCheck(finish(a, 2), SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
        assertThat(page(a).state()).isEqualTo(FormatStatePage.State.FORMATTING);
    }

    @Test
    void another_generation_is_a_miscompare_and_changes_nothing() {
        assertCheck(
                begin(a, 2, "ext4"), SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        assertThat(page(a).state()).isEqualTo(FormatStatePage.State.BLANK);
    }

    @Test
    void of_two_that_begin_one_wins() {
        rig.poolHeld = true;
        Outcome first = begin(a, 1, "ext4");
        Outcome second = begin(b, 1, "xfs");
        rig.releasePool();
        assertGood(first);
        assertCheck(second, SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
        assertThat(page(a).filesystem()).isEqualTo("ext4");
    }

    @Test
    void while_FORMATTING_nobody_else_writes_unmaps_or_begins() {
        begin(a, 1, "ext4");
        AdditionalSense protectedBySoftware = AdditionalSense.SOFTWARE_WRITE_PROTECTED;
        assertCheck(write(b), SenseKey.DATA_PROTECT, protectedBySoftware);
        assertCheck(begin(b, 2, "ext4"), SenseKey.DATA_PROTECT, protectedBySoftware);
        ByteBuffer list = new UnmapList(List.of(new UnmapList.Extent(0, 8))).encode();
        assertCheck(
                b.send(new Cdb.Unmap(false, list.remaining()), list),
                SenseKey.DATA_PROTECT,
                protectedBySoftware);
        assertCheck(finish(b, 2), SenseKey.ILLEGAL_REQUEST, AdditionalSense.COMMAND_SEQUENCE_ERROR);
    }

    @Test
    void a_write_that_was_admitted_before_somebody_began_to_format_is_refused_after() {
        rig.poolHeld = true;
        Outcome begun = begin(a, 1, "ext4");
        Outcome late = write(b);
        rig.releasePool();
        assertGood(begun);
        assertCheck(late, SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
        assertThat(rig.store.isEmpty()).isTrue();
    }

    @Test
    void the_first_write_outside_the_protocol_makes_it_READY_before_it_is_written() {
        rig.poolHeld = true;
        Outcome first = write(a);
        assertThat(first.isThere()).isFalse();
        assertThat(rig.store.isEmpty()).isTrue();
        rig.releasePool();
        assertGood(first);
        assertThat(page(b).state()).isEqualTo(FormatStatePage.State.READY);
        assertThat(page(b).filesystem()).isEmpty();
    }

    @Test
    void where_the_state_cannot_be_kept_the_first_write_fails_and_nothing_is_written() {
        rig.formats.fail(Reason.WRITE);
        assertCheck(write(a), SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR);
        assertThat(rig.store.isEmpty()).isTrue();
        assertThat(page(a).state()).isEqualTo(FormatStatePage.State.BLANK);
    }

    @Test
    void READY_is_never_formatted_again() {
        write(a);
        assertCheck(
                begin(a, 2, "ext4"),
                SenseKey.DATA_PROTECT,
                AdditionalSense.PERMANENT_WRITE_PROTECT);
    }

    @Test
    void UNMAP_neither_makes_BLANK_nor_leaves_it() {
        ByteBuffer list = new UnmapList(List.of(new UnmapList.Extent(0, BLOCKS))).encode();
        assertGood(a.send(new Cdb.Unmap(false, list.remaining()), list));
        assertThat(page(a).state()).isEqualTo(FormatStatePage.State.BLANK);
        write(a);
        assertGood(a.send(new Cdb.Unmap(false, list.remaining()), list));
        assertThat(page(a).state()).isEqualTo(FormatStatePage.State.READY);
    }

    @Test
    void an_UNMAP_that_began_on_BLANK_stops_where_somebody_has_begun_to_format() {
        rig.store.hold();
        ByteBuffer list =
                new UnmapList(List.of(new UnmapList.Extent(0, 8), new UnmapList.Extent(8, 8)))
                        .encode();
        Outcome unmap = a.send(new Cdb.Unmap(false, list.remaining()), list);
        assertThat(rig.store.waiting()).isEqualTo(1);
        assertGood(begin(b, 1, "ext4"));
        rig.store.releaseOne(new Random(1));
        assertThat(rig.store.waiting()).isZero();
        assertCheck(unmap, SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
        rig.store.release();
        assertGood(write(b));
    }

    @Test
    void the_owner_may_begin_again_and_finds_the_unit_blanked() {
        begin(a, 1, "ext4");
        write(a);
        assertGood(begin(a, 2, "ext4"));
        assertThat(rig.store.isEmpty()).isTrue();
        assertThat(page(a).formattingEntries()).isEqualTo(2);
    }

    @Test
    void a_fenced_owner_is_taken_over_and_the_unit_is_blanked_durably_first() {
        begin(a, 1, "ext4");
        write(a);
        a.send(new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_10, 0, 0, false));
        a.device.nexusLost();
        rig.formats.fence(a.grant);
        assertThat(page(b).ownerFenced()).isTrue();
        assertGood(begin(b, 2, "xfs"));
        rig.store.losePower();
        assertThat(rig.store.isEmpty()).isTrue();
        assertThat(page(b).mine()).isTrue();
        assertThat(page(b).filesystem()).isEqualTo("xfs");
    }

    @Test
    void a_takeover_owns_before_it_blanks_so_that_two_never_blank_each_other() {
        begin(a, 1, "ext4");
        rig.formats.fence(a.grant);
        rig.store.hold();
        Outcome taking = begin(b, 2, "xfs");
        assertThat(taking.isThere()).isFalse();
        assertThat(page(b).mine()).isTrue();
        rig.store.release();
        assertGood(taking);
    }

    @Test
    void the_same_node_of_a_later_epoch_is_not_the_owner() {
        begin(a, 1, "ext4");
        Initiator later = rig.loginFresh("a", 2, false);
        later.send(new Cdb.TestUnitReady());
        assertThat(page(later).mine()).isFalse();
        assertCheck(write(later), SenseKey.DATA_PROTECT, AdditionalSense.SOFTWARE_WRITE_PROTECTED);
    }

    @Test
    void a_read_only_grant_neither_begins_nor_finishes() {
        Initiator reader = rig.loginFresh("r", 1, true);
        reader.send(new Cdb.TestUnitReady());
        assertCheck(
                begin(reader, 1, "ext4"), SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
    }

    @Test
    void FINISH_may_name_the_filesystem_but_no_other() {
        begin(a, 1, "ext4");
        Outcome other = a.send(FormatCommand.finish(), new FormatCommand(2, "xfs").encode());
        assertThat(other.sense()).isEqualTo(SenseData.invalidParameter(16, -1));
        assertGood(a.send(FormatCommand.finish(), new FormatCommand(2, "ext4").encode()));
    }

    @Test
    void BEGIN_without_a_filesystem_or_with_another_length_is_refused() {
        assertThat(begin(a, 1, "").sense()).isEqualTo(SenseData.invalidParameter(16, -1));
        assertCheck(
                a.send(
                        new Cdb.FormatStateOut(OperationCode.FORMAT_STATE_BEGIN, 32),
                        ByteBuffer.allocate(32)),
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
    }
}
