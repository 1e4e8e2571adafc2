package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.Designator;
import dev.lunaria.iscsi.scsi.ModeData;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.VpdPage;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * Looks at what answers after a login: is it the logical unit that was asked for, and what can it
 * do.
 *
 * <p>On the thread that completes commands. A handful of commands, all of which only read.
 */
public final class UnitProbe {
    private static final int PAGE_BYTES = 1024;
    private static final int ALL_PAGES = 0x3f;

    /** Longest transfer where the unit names none, and the longest that we send anyway. */
    private static final int MAX_TRANSFER_BYTES = 4 << 20;

    private static final long MAX_ZERO_BYTES = 1L << 30;

    private final BiConsumer<ScsiRequest, ScsiRequest.Completion> session;
    private final String identity;

    /** A probe answered otherwise than GOOD. */
    public static final class ProbeFailed extends RuntimeException {
        private static final long serialVersionUID = 1;
        final DiskError error;

        ProbeFailed(ScsiOutcome.Failed failed) {
            super(failed.message());
            error = failed.error();
        }
    }

    /** Another logical unit answers. */
    public static final class OtherUnit extends RuntimeException {
        private static final long serialVersionUID = 1;

        OtherUnit(String message) {
            super(message);
        }
    }

    /**
     * A probe.
     *
     * @param session where commands are sent to
     * @param identity UUID that the unit must show in VPD pages 80h and 83h
     */
    public UnitProbe(BiConsumer<ScsiRequest, ScsiRequest.Completion> session, String identity) {
        this.session = session;
        this.identity = identity;
    }

    /** Completes with the unit, or with {@link OtherUnit} or {@link ProbeFailed}. */
    public CompletableFuture<Unit> examine() {
        return page(VpdPage.UnitSerialNumber.CODE)
                .thenCompose(serial ->
                        page(VpdPage.DeviceIdentification.CODE)
                                .thenApply(ids -> compare(serial, ids)))
                .thenCompose(this::describe);
    }

    private String compare(ByteBuffer serialPage, ByteBuffer identificationPage) {
        String serial = VpdPage.UnitSerialNumber.parse(serialPage).serialNumber();
        if (!serial.equalsIgnoreCase(identity)) {
            throw new OtherUnit(
                    "the unit serial number is '" + serial + "' instead of '" + identity + "'");
        }
        boolean named =
                VpdPage.DeviceIdentification.parse(identificationPage).designators().stream()
                        .anyMatch(this::isOurs);
        if (!named) {
            throw new OtherUnit("VPD page 83h doesn't name " + identity);
        }
        return serial;
    }

    private boolean isOurs(Designator designator) {
        if (designator.association() != Designator.LOGICAL_UNIT) {
            return false;
        }
        if (designator.type() == Designator.NAA) {
            ByteBuffer expected =
                    Designator.locallyAssigned(UUID.fromString(identity)).identifier();
            return expected.equals(designator.identifier());
        }
        return designator.text().contains(identity);
    }

    private CompletableFuture<Unit> describe(String serial) {
        CompletableFuture<ReadCapacityData> capacity = capacity();
        CompletableFuture<VpdPage.BlockLimits> limits =
                page(VpdPage.BlockLimits.CODE).thenApply(VpdPage.BlockLimits::parse);
        CompletableFuture<VpdPage.LogicalBlockProvisioning> provisioning =
                page(VpdPage.LogicalBlockProvisioning.CODE)
                        .thenApply(VpdPage.LogicalBlockProvisioning::parse);
        CompletableFuture<Boolean> writeProtected = writeProtected();
        return CompletableFuture.allOf(capacity, limits, provisioning, writeProtected)
                .thenApply(all ->
                        unit(
                                serial,
                                capacity.join(),
                                limits.join(),
                                provisioning.join(),
                                writeProtected.join()));
    }

    private static Unit unit(
            String serial,
            ReadCapacityData capacity,
            VpdPage.BlockLimits limits,
            VpdPage.LogicalBlockProvisioning provisioning,
            boolean writeProtected) {
        int block = capacity.blockBytes();
        if (block != 512 && block != 4096) {
            throw new OtherUnit("logical blocks of " + block + " bytes can't be served");
        }
        long transfer = Integer.toUnsignedLong(limits.maximumTransfer()) * block;
        long same = limits.maximumWriteSame() * block;
        return new Unit(
                serial,
                capacity.bytes(),
                block,
                writeProtected,
                transfer <= 0 ? MAX_TRANSFER_BYTES : (int) Math.min(transfer, MAX_TRANSFER_BYTES),
                same <= 0 ? MAX_ZERO_BYTES : Math.min(same, MAX_ZERO_BYTES),
                provisioning.writeSame16() && provisioning.readsZeros());
    }

    CompletableFuture<ReadCapacityData> capacity() {
        return ask(new Cdb.ReadCapacity16(ReadCapacityData.BYTES_16), ReadCapacityData.BYTES_16)
                .thenApply(ReadCapacityData::parse16);
    }

    private CompletableFuture<Boolean> writeProtected() {
        Cdb sense =
                new Cdb.ModeSense(
                        OperationCode.MODE_SENSE_10, true, false, 0, ALL_PAGES, 0, PAGE_BYTES);
        return ask(sense, PAGE_BYTES).thenApply(d -> ModeData.parse10(d).writeProtected());
    }

    private CompletableFuture<ByteBuffer> page(int code) {
        return ask(new Cdb.Inquiry(true, code, PAGE_BYTES), PAGE_BYTES);
    }

    private CompletableFuture<ByteBuffer> ask(Cdb cdb, int bytes) {
        ByteBuffer into = ByteBuffer.allocate(bytes);
        CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
        session.accept(
                ScsiRequest.reading(BlockTransfers.LUN, cdb.encode(), into),
                outcome -> {
                    switch (outcome) {
                        case ScsiOutcome.Good good ->
                                answer.complete(into.slice(0, good.transferred()));
                        case ScsiOutcome.Failed failed ->
                                answer.completeExceptionally(new ProbeFailed(failed));
                    }
                });
        return answer;
    }
}
