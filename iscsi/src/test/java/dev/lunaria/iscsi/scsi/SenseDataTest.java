package dev.lunaria.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sense data in both formats (SPC-4 §4.5). */
class SenseDataTest {
    private static final List<SenseData> SAMPLES =
            List.of(
                    SenseData.NOTHING,
                    SenseData.invalidCdb(2, 6),
                    SenseData.invalidParameter(300, -1),
                    SenseData.of(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY)
                            .withInformation(511),
                    SenseData.of(SenseKey.UNIT_ATTENTION, AdditionalSense.CAPACITY_DATA_CHANGED));

    @Test
    void both_formats_read_as_they_were_written() {
        for (SenseData sense : SAMPLES) {
            assertThat(SenseData.parse(sense.encode(false))).isEqualTo(sense);
            assertThat(SenseData.parse(sense.encode(true))).isEqualTo(sense);
        }
    }

    @Test
    void fixed_format_is_as_SPC4_4_5_3_lays_it_out() {
        SenseData sense =
                SenseData.of(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LBA_OUT_OF_RANGE)
                        .withInformation(0x12345678);
        assertThat(hex(sense.encode(false))).isEqualTo("f00005123456780a00000000210000000000");
        assertThat(hex(SenseData.invalidCdb(2, 6).encode(false)))
                .isEqualTo("700005000000000a00000000240000ce0002");
    }

    @Test
    void descriptor_format_is_as_SPC4_4_5_2_lays_it_out() {
        SenseData sense =
                SenseData.of(SenseKey.MEDIUM_ERROR, AdditionalSense.UNRECOVERED_READ_ERROR)
                        .withInformation(1L << 40);
        assertThat(hex(sense.encode(true))).isEqualTo("720311000000000c000a80000000010000000000");
    }

    @Test
    void an_address_beyond_32_bits_makes_fixed_format_say_that_none_is_valid() {
        SenseData sense =
                SenseData.of(SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR)
                        .withInformation(1L << 32);
        assertThat(SenseData.parse(sense.encode(false)).information()).isNull();
        assertThat(SenseData.parse(sense.encode(true)).information()).isEqualTo(1L << 32);
    }

    @Test
    void sense_data_that_is_cut_off_reads_as_far_as_it_goes() {
        ByteBuffer cut = SenseData.invalidCdb(1, 0).encode(false).limit(8);
        assertThat(SenseData.parse(cut).key()).isEqualTo(SenseKey.ILLEGAL_REQUEST);
        assertThat(SenseData.parse(ByteBuffer.allocate(0))).isEqualTo(SenseData.NOTHING);
    }

    @Test
    void codes_have_names_for_people() {
        assertThat(AdditionalSense.SPACE_ALLOCATION_FAILED)
                .hasToString("27h/07h space allocation failed write protect");
        assertThat(new AdditionalSense(0x99, 1)).hasToString("99h/01h");
    }

    private static String hex(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
