package dev.lunaria.node.disk.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.scsi.Designator;
import dev.lunaria.iscsi.scsi.ModeData;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.VpdPage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What answers is compared before it is used (tns-csi#208, democratic-csi#559). */
class UnitProbeTest {
    private static final UUID ID = UUID.fromString("c09bd273-feef-4440-9cf8-6580828b4bdc");

    private String serial = ID.toString();
    private Designator designator = Designator.locallyAssigned(ID);
    private int blockBytes = 512;
    private final List<Integer> asked = new ArrayList<>();

    private void answer(ScsiRequest request, ScsiRequest.Completion completion) {
        ByteBuffer cdb = request.cdb();
        int code = cdb.get(0) & 0xff;
        asked.add(code);
        ByteBuffer data;
        if (code == OperationCode.INQUIRY.code()) {
            data = page(cdb.get(2) & 0xff).encode();
        } else if (code == OperationCode.READ_CAPACITY_16.code()) {
            data = new ReadCapacityData(2047, blockBytes, 3, 0, true, true).encode16();
        } else {
            data = new ModeData(true, true, Pdu.NO_DATA, Pdu.NO_DATA).encode10();
        }
        request.dataIn().put(0, data, 0, data.limit());
        completion.complete(new ScsiOutcome.Good(data.limit()));
    }

    private VpdPage page(int code) {
        return switch (code) {
            case VpdPage.UnitSerialNumber.CODE -> new VpdPage.UnitSerialNumber(serial);
            case VpdPage.DeviceIdentification.CODE ->
                    new VpdPage.DeviceIdentification(List.of(designator));
            case VpdPage.BlockLimits.CODE ->
                    new VpdPage.BlockLimits(true, 1, 8, 2048, 1024, 0, 0, 0, 8, 0, 1 << 16);
            case VpdPage.LogicalBlockProvisioning.CODE ->
                    new VpdPage.LogicalBlockProvisioning(true, true, false, true, false, 2, 11);
            default -> throw new AssertionError("page " + code);
        };
    }

    private Unit examine() {
        return new UnitProbe(this::answer, ID.toString()).examine().join();
    }

    @Test
    void readsCapacityAndLimits() {
        assertThat(examine())
                .isEqualTo(new Unit(serial, 2048 * 512, 512, true, 2048 * 512, 512L << 16, true));
    }

    @Test
    void takesTheNameAsAScsiNameToo() {
        designator = Designator.name(Designator.LOGICAL_UNIT, "iqn.x,L,0x" + ID);
        assertThat(examine().sizeBytes()).isEqualTo(2048 * 512);
    }

    @Test
    void anotherSerialNumberIsRefusedBeforeAnythingElseIsAsked() {
        serial = UUID.randomUUID().toString();
        assertThatThrownBy(this::examine).hasCauseInstanceOf(UnitProbe.OtherUnit.class);
        assertThat(asked).containsOnly(OperationCode.INQUIRY.code());
    }

    @Test
    void anotherDesignatorIsRefused() {
        designator = Designator.locallyAssigned(UUID.randomUUID());
        assertThatThrownBy(this::examine).hasCauseInstanceOf(UnitProbe.OtherUnit.class);
        designator = Designator.name(Designator.TARGET_PORT, "iqn.x," + ID);
        assertThatThrownBy(this::examine).hasCauseInstanceOf(UnitProbe.OtherUnit.class);
    }

    @Test
    void blocksThatALoopDeviceCannotHaveAreRefused() {
        blockBytes = 520;
        assertThatThrownBy(this::examine).hasCauseInstanceOf(UnitProbe.OtherUnit.class);
    }

    @Test
    void aUnitMayGrowButNotShrinkOrChange() {
        Unit unit = examine();
        assertThat(unit.withSize(unit.sizeBytes() + 512).succeeds(unit)).isTrue();
        assertThat(unit.withSize(unit.sizeBytes() - 512).succeeds(unit)).isFalse();
    }
}
