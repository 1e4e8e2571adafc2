package dev.lunaria.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The vendor page C0h and the vendor command C1h, byte by byte as they are documented. */
class FormatStateLayoutTest {
    private static final FormatStatePage PAGE =
            new FormatStatePage(State.FORMATTING, true, true, 7, 3, "ext4", 5, "mybox0");

    @Test
    void the_page_is_laid_out_as_documented() {
        ByteBuffer page = PAGE.encode();
        assertThat(page.get(1)).isEqualTo((byte) 0xc0);
        assertThat(page.getShort(2)).isEqualTo((short) (50 + 6 - 4));
        assertThat(page.get(4)).isEqualTo((byte) 1);
        assertThat(page.get(5)).isEqualTo((byte) 2);
        assertThat(page.get(6)).isEqualTo((byte) 3);
        assertThat(page.getLong(8)).isEqualTo(7);
        assertThat(page.getLong(16)).isEqualTo(3);
        assertThat(page.getInt(24)).isEqualTo(0x65787434);
        assertThat(page.getLong(40)).isEqualTo(5);
        assertThat(page.getShort(48)).isEqualTo((short) 6);
        assertThat(page.get(50)).isEqualTo((byte) 'm');
    }

    @Test
    void the_page_reads_as_it_was_written() {
        assertThat(FormatStatePage.parse(PAGE.encode())).isEqualTo(PAGE);
    }

    @Test
    void a_page_that_is_cut_off_or_newer_is_not_guessed_at() {
        assertThatThrownBy(() -> FormatStatePage.parse(PAGE.encode().limit(55)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FormatStatePage.parse(PAGE.encode().put(4, (byte) 2)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_unknown_state_is_READY_so_that_nobody_formats_it() {
        assertThat(FormatStatePage.parse(PAGE.encode().put(5, (byte) 9)).state())
                .isEqualTo(State.READY);
    }

    @Test
    void the_parameter_list_reads_as_it_was_written() throws CheckCondition {
        var command = new FormatCommand(9, "sixteen-letters!");
        assertThat(FormatCommand.parse(command.encode())).isEqualTo(command);
        assertThat(command.encode().remaining()).isEqualTo(64);
    }

    @Test
    void a_parameter_list_of_another_length_or_version_or_with_reserved_bytes_set_is_refused() {
        ByteBuffer good = new FormatCommand(9, "xfs").encode();
        assertThat(refusal(good.duplicate().limit(63)).additional())
                .isEqualTo(AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
        assertThat(refusal(copy(good).put(0, (byte) 2)))
                .isEqualTo(SenseData.invalidParameter(0, -1));
        assertThat(refusal(copy(good).put(3, (byte) 1)))
                .isEqualTo(SenseData.invalidParameter(3, -1));
        assertThat(refusal(copy(good).put(63, (byte) 1)))
                .isEqualTo(SenseData.invalidParameter(63, -1));
        assertThat(refusal(copy(good).put(20, (byte) 'x')))
                .isEqualTo(SenseData.invalidParameter(20, -1));
    }

    private static ByteBuffer copy(ByteBuffer list) {
        return ByteBuffer.allocate(64).put(list.duplicate()).clear();
    }

    private static SenseData refusal(ByteBuffer list) {
        return catchThrowableOfType(CheckCondition.class, () -> FormatCommand.parse(list)).sense();
    }
}
