package dev.lunaria.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.iscsi.scsi.SenseData.FieldPointer;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** CDBs (SPC-4 §4.3, SBC-3 §5): what is read is what was written, and what is wrong is named. */
class CdbTest {

    static Stream<Cdb> every_command() {
        return Stream.of(
                new Cdb.TestUnitReady(),
                new Cdb.RequestSense(true, 252),
                new Cdb.Inquiry(true, 0x83, 0xffff),
                new Cdb.Read(OperationCode.READ_6, 0x1fffff, 255, false, false),
                new Cdb.Read(OperationCode.READ_10, 0xffffffffL, 0xffff, true, true),
                new Cdb.Read(OperationCode.READ_12, 0x80000000L, 0xffffffffL, false, true),
                new Cdb.Read(OperationCode.READ_16, Long.MIN_VALUE, 0xffffffffL, true, false),
                new Cdb.Write(OperationCode.WRITE_6, 7, 1, false, false),
                new Cdb.Write(OperationCode.WRITE_10, 7, 8, false, true),
                new Cdb.Write(OperationCode.WRITE_12, 7, 8, true, false),
                new Cdb.Write(OperationCode.WRITE_16, 1L << 40, 8, true, true),
                new Cdb.WriteAndVerify(OperationCode.WRITE_AND_VERIFY_10, 1, 2, true, 1),
                new Cdb.WriteAndVerify(OperationCode.WRITE_AND_VERIFY_16, 1, 2, false, 0),
                new Cdb.Verify(OperationCode.VERIFY_10, 3, 4, true, 1),
                new Cdb.Verify(OperationCode.VERIFY_12, 3, 4, false, 3),
                new Cdb.Verify(OperationCode.VERIFY_16, 3, 4, false, 0),
                new Cdb.PreFetch(OperationCode.PRE_FETCH_10, 5, 6, true),
                new Cdb.PreFetch(OperationCode.PRE_FETCH_16, 5, 6, false),
                new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_10, 5, 6, true),
                new Cdb.SynchronizeCache(OperationCode.SYNCHRONIZE_CACHE_16, 5, 6, false),
                new Cdb.WriteSame(OperationCode.WRITE_SAME_10, 1, 9, true, true, false),
                new Cdb.WriteSame(OperationCode.WRITE_SAME_16, 1, 9, false, true, true),
                new Cdb.Unmap(true, 0xfff8),
                new Cdb.CompareAndWrite(1L << 33, 255, true, true),
                new Cdb.OrWrite(1L << 33, 1 << 20, true, true),
                new Cdb.ReadCapacity10(),
                new Cdb.ReadCapacity16(32),
                new Cdb.GetLbaStatus(1L << 35, 0xffffffffL),
                new Cdb.ModeSense(OperationCode.MODE_SENSE_6, true, false, 2, 0x3f, 0xff, 255),
                new Cdb.ModeSense(OperationCode.MODE_SENSE_10, false, true, 1, 0x08, 0, 65535),
                new Cdb.ModeSelect(OperationCode.MODE_SELECT_6, true, false, 24),
                new Cdb.ModeSelect(OperationCode.MODE_SELECT_10, true, true, 28),
                new Cdb.ReportLuns(2, 0xffffffffL),
                new Cdb.StartStopUnit(true, 0x0f, 0x0b, true, true, true),
                new Cdb.PreventAllowMediumRemoval(3),
                new Cdb.ReportSupportedOperationCodes(true, 2, 0x9e, 0x10, 4096),
                new Cdb.ReportSupportedTaskManagementFunctions(true, 16),
                new Cdb.Reserve(),
                new Cdb.Release(),
                new Cdb.PersistentReserveIn(
                        OperationCode.PERSISTENT_RESERVE_IN_READ_FULL_STATUS, 8192),
                new Cdb.PersistentReserveOut(
                        OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT, 0, 7, 24),
                FormatCommand.begin(),
                FormatCommand.finish());
    }

    @ParameterizedTest
    @MethodSource("every_command")
    void a_command_reads_as_it_was_written(Cdb cdb) throws CheckCondition {
        assertThat(Cdb.parse(cdb.encode())).isEqualTo(cdb);
    }

    @ParameterizedTest
    @EnumSource(OperationCode.class)
    void every_bit_outside_the_usage_data_is_refused_where_it_is(OperationCode operation) {
        for (int index = 1; index < operation.cdbBytes(); index++) {
            for (int bit = 7; bit >= 0; bit--) {
                ByteBuffer cdb = ByteBuffer.allocate(Cdb.FIELD_BYTES);
                cdb.put(0, (byte) operation.code());
                cdb.put(1, (byte) Math.max(0, operation.serviceAction()));
                cdb.put(index, (byte) (cdb.get(index) | 1 << bit));
                if ((operation.allowedBits(index) & 1 << bit) == 0) {
                    assertThat(refusal(cdb)).isEqualTo(SenseData.invalidCdb(index, bit));
                }
            }
        }
    }

    @Test
    void zero_blocks_of_READ_6_are_256_as_SBC3_5_10_says() throws CheckCondition {
        ByteBuffer cdb = ByteBuffer.wrap(HexFormat.of().parseHex("08012345000000000000"));
        assertThat(Cdb.parse(cdb))
                .isEqualTo(new Cdb.Read(OperationCode.READ_6, 0x12345, 256, false, false));
    }

    @Test
    void an_unknown_operation_code_is_20h_00h() {
        assertThat(refusal(ByteBuffer.allocate(16).put(0, (byte) 0xee)))
                .isEqualTo(
                        SenseData.of(
                                SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_OPERATION_CODE));
    }

    @Test
    void an_unknown_service_action_is_an_invalid_field() {
        ByteBuffer cdb = ByteBuffer.allocate(16).put(0, (byte) 0x9e).put(1, (byte) 0x1f);
        assertThat(refusal(cdb)).isEqualTo(SenseData.invalidCdb(1, 4));
    }

    @Test
    void NACA_is_refused_because_INQUIRY_says_NORMACA_0() {
        ByteBuffer cdb = ByteBuffer.allocate(16).put(5, (byte) 0x04);
        assertThat(refusal(cdb).field()).isEqualTo(new FieldPointer(true, 5, 2));
    }

    @Test
    void a_CDB_that_is_cut_off_is_refused() {
        assertThat(refusal(ByteBuffer.wrap(new byte[] {0x28, 0, 0})).additional())
                .isEqualTo(AdditionalSense.INVALID_FIELD_IN_CDB);
        assertThat(refusal(ByteBuffer.allocate(0)).additional())
                .isEqualTo(AdditionalSense.INVALID_OPERATION_CODE);
    }

    @Test
    void a_buffer_is_read_from_its_position_and_not_moved() throws CheckCondition {
        ByteBuffer cdb = ByteBuffer.allocate(40).position(8);
        cdb.put(8, new Cdb.ReadCapacity16(32).encode(), 0, 16);
        assertThat(Cdb.parse(cdb)).isEqualTo(new Cdb.ReadCapacity16(32));
        assertThat(cdb.position()).isEqualTo(8);
    }

    private static SenseData refusal(ByteBuffer cdb) {
        return catchThrowableOfType(CheckCondition.class, () -> Cdb.parse(cdb)).sense();
    }
}
