package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/**
 * A command descriptor block as a record (SAM-5 §5.2, SPC-4 §6, SBC-3 §5): one record for all sizes
 * of a command. Immutable.
 *
 * <p>Logical block addresses are unsigned 64 bits, lengths are in the unit that each says. {@link
 * #parse} refuses what is wrong in itself; what depends on the logical unit (its range, its limits)
 * is the device server's to check.
 */
public sealed interface Cdb {

    /** Length of the CDB field of an iSCSI SCSI Command PDU in bytes (RFC 7143 §11.3.5). */
    int FIELD_BYTES = 16;

    /** Which command, in which size. */
    OperationCode operation();

    /**
     * Reads a CDB.
     *
     * @param cdb from position to limit, at least as long as its operation code says; not moved
     * @throws CheckCondition INVALID COMMAND OPERATION CODE, or INVALID FIELD IN CDB with a pointer
     *     to the first bit that is set but reserved or not supported
     */
    static Cdb parse(ByteBuffer cdb) throws CheckCondition {
        return CdbParser.parse(cdb);
    }

    /** 16 bytes as the initiator sends them, padded with zeros; position 0, limit 16. */
    default ByteBuffer encode() {
        return CdbEncoder.encode(this);
    }

    /** TEST UNIT READY (SPC-4 §6.47). */
    record TestUnitReady() implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.TEST_UNIT_READY;
        }
    }

    /** REQUEST SENSE (SPC-4 §6.39). {@code allocationLength} in bytes. */
    record RequestSense(boolean descriptorFormat, int allocationLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.REQUEST_SENSE;
        }
    }

    /** INQUIRY (SPC-4 §6.6). {@code allocationLength} in bytes. */
    record Inquiry(boolean vitalProductData, int pageCode, int allocationLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.INQUIRY;
        }
    }

    /** READ (SBC-3 §5.10–5.13); {@code forceUnitAccess} and DPO don't exist in READ(6). */
    record Read(
            OperationCode operation,
            long lba,
            long blocks,
            boolean disablePageOut,
            boolean forceUnitAccess)
            implements Cdb {}

    /** WRITE (SBC-3 §5.30–5.33); {@code forceUnitAccess} and DPO don't exist in WRITE(6). */
    record Write(
            OperationCode operation,
            long lba,
            long blocks,
            boolean disablePageOut,
            boolean forceUnitAccess)
            implements Cdb {}

    /** WRITE AND VERIFY (SBC-3 §5.35–5.37). */
    record WriteAndVerify(
            OperationCode operation, long lba, long blocks, boolean disablePageOut, int byteCheck)
            implements Cdb {}

    /**
     * VERIFY (SBC-3 §5.23–5.25).
     *
     * @param byteCheck BYTCHK: 0 no Data-Out, 1 as many blocks of it as are verified, 3 one block
     *     for all
     */
    record Verify(
            OperationCode operation, long lba, long blocks, boolean disablePageOut, int byteCheck)
            implements Cdb {}

    /** PRE-FETCH (SBC-3 §5.8–5.9); 0 blocks: to the end. */
    record PreFetch(OperationCode operation, long lba, long blocks, boolean immediate)
            implements Cdb {}

    /** SYNCHRONIZE CACHE (SBC-3 §5.21–5.22); 0 blocks: to the end. */
    record SynchronizeCache(OperationCode operation, long lba, long blocks, boolean immediate)
            implements Cdb {}

    /**
     * WRITE SAME (SBC-3 §5.41–5.42).
     *
     * @param blocks 0: to the end
     * @param noDataOut NDOB: zeros, without a block of Data-Out; in WRITE SAME(16) only
     */
    record WriteSame(
            OperationCode operation,
            long lba,
            long blocks,
            boolean anchor,
            boolean unmap,
            boolean noDataOut)
            implements Cdb {}

    /** UNMAP (SBC-3 §5.28). {@code parameterListLength} in bytes. */
    record Unmap(boolean anchor, int parameterListLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.UNMAP;
        }
    }

    /**
     * COMPARE AND WRITE (SBC-3 §5.2): Data-Out is {@code blocks} to compare, then as many to write.
     */
    record CompareAndWrite(long lba, int blocks, boolean disablePageOut, boolean forceUnitAccess)
            implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.COMPARE_AND_WRITE;
        }
    }

    /** ORWRITE(16) (SBC-3 §5.7). */
    record OrWrite(long lba, long blocks, boolean disablePageOut, boolean forceUnitAccess)
            implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.ORWRITE_16;
        }
    }

    /** READ CAPACITY(10) (SBC-3 §5.15). */
    record ReadCapacity10() implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.READ_CAPACITY_10;
        }
    }

    /** READ CAPACITY(16) (SBC-3 §5.16). {@code allocationLength} in bytes. */
    record ReadCapacity16(long allocationLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.READ_CAPACITY_16;
        }
    }

    /**
     * READ DEFECT DATA (SBC-3 §5.17–5.18).
     *
     * @param listFormat which lists (REQ_PLIST, REQ_GLIST), and in which format
     * @param allocationLength in bytes
     */
    record ReadDefectData(OperationCode operation, int listFormat, long allocationLength)
            implements Cdb {}

    /** GET LBA STATUS (SBC-3 §5.5). {@code allocationLength} in bytes. */
    record GetLbaStatus(long lba, long allocationLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.GET_LBA_STATUS;
        }
    }

    /**
     * MODE SENSE (SPC-4 §6.11–6.12).
     *
     * @param pageControl 0 current, 1 changeable, 2 default, 3 saved values
     * @param allocationLength in bytes
     */
    record ModeSense(
            OperationCode operation,
            boolean disableBlockDescriptors,
            boolean longLbaAccepted,
            int pageControl,
            int pageCode,
            int subpageCode,
            int allocationLength)
            implements Cdb {}

    /** MODE SELECT (SPC-4 §6.9–6.10). {@code parameterListLength} in bytes. */
    record ModeSelect(
            OperationCode operation, boolean pageFormat, boolean savePages, int parameterListLength)
            implements Cdb {}

    /** REPORT LUNS (SPC-4 §6.33). {@code allocationLength} in bytes. */
    record ReportLuns(int selectReport, long allocationLength) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.REPORT_LUNS;
        }
    }

    /** START STOP UNIT (SBC-3 §5.20). */
    record StartStopUnit(
            boolean immediate,
            int powerConditionModifier,
            int powerCondition,
            boolean noFlush,
            boolean loadEject,
            boolean start)
            implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.START_STOP_UNIT;
        }
    }

    /** PREVENT ALLOW MEDIUM REMOVAL (SBC-3 §5.6). */
    record PreventAllowMediumRemoval(int prevent) implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.PREVENT_ALLOW_MEDIUM_REMOVAL;
        }
    }

    /**
     * REPORT SUPPORTED OPERATION CODES (SPC-4 §6.35).
     *
     * @param reportingOptions 0 all, 1 one operation code, 2 one with service action, 3 either
     * @param allocationLength in bytes
     */
    record ReportSupportedOperationCodes(
            boolean timeoutsDescriptor,
            int reportingOptions,
            int requestedCode,
            int requestedServiceAction,
            long allocationLength)
            implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.REPORT_SUPPORTED_OPERATION_CODES;
        }
    }

    /** REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4 §6.36). Length in bytes. */
    record ReportSupportedTaskManagementFunctions(boolean extendedData, long allocationLength)
            implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS;
        }
    }

    /** RESERVE(6) (SPC-2 §7.21): the whole unit. */
    record Reserve() implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.RESERVE_6;
        }
    }

    /** RELEASE(6) (SPC-2 §7.19). */
    record Release() implements Cdb {
        @Override
        public OperationCode operation() {
            return OperationCode.RELEASE_6;
        }
    }

    /** PERSISTENT RESERVE IN (SPC-4 §6.15). {@code allocationLength} in bytes. */
    record PersistentReserveIn(OperationCode operation, int allocationLength) implements Cdb {}

    /** PERSISTENT RESERVE OUT (SPC-4 §6.16). {@code parameterListLength} in bytes. */
    record PersistentReserveOut(
            OperationCode operation, int scope, int type, long parameterListLength)
            implements Cdb {}

    /** Vendor command of the format state; {@code parameterListLength} in bytes. */
    record FormatStateOut(OperationCode operation, long parameterListLength) implements Cdb {}
}
