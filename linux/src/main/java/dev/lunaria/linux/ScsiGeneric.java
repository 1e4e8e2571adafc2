package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * SCSI commands to a disk of the kernel past its block layer's cache (SG_IO, scsi/sg.h). Stateless:
 * any thread. Blocks until the command has ended, which takes longer than its time-out where the
 * disk's session waits for its target.
 */
public final class ScsiGeneric {
    private static final int SG_IO = 0x2285;
    private static final int NO_DATA = -1;
    private static final int TO_DEVICE = -2;
    private static final int FROM_DEVICE = -3;
    private static final int SENSE_BYTES = 96;

    // struct sg_io_hdr on 64 bits.
    private static final int HEADER_BYTES = 88;
    private static final int DIRECTION = 4;
    private static final int CDB_LENGTH = 8;
    private static final int SENSE_LENGTH = 9;
    private static final int DATA_LENGTH = 12;
    private static final int DATA = 16;
    private static final int CDB = 24;
    private static final int SENSE = 32;
    private static final int TIMEOUT = 40;
    private static final int STATUS = 64;
    private static final int SENSE_WRITTEN = 67;
    private static final int HOST_STATUS = 68;
    private static final int DRIVER_STATUS = 70;
    private static final int RESIDUAL = 72;

    private ScsiGeneric() {}

    /**
     * How a command ended.
     *
     * @param status SCSI status (SAM-5 §5.3.1); 0 GOOD
     * @param hostStatus the kernel's DID_ code; not 0 where the command didn't reach the disk or no
     *     answer came
     * @param transferred bytes of data
     * @param sense sense data, empty where there is none
     */
    public record Result(int status, int hostStatus, int transferred, ByteBuffer sense) {}

    /**
     * Sends a command. Data goes one way at most.
     *
     * @param disk opened for reading, for commands that write for reading and writing
     * @param cdb at most 16 bytes, from position to limit
     * @param dataOut what the command writes, from position to limit
     * @param dataIn where what it reads goes, from position to limit; not moved
     * @throws LinuxException ENXIO, ENODEV where the disk is gone; EPERM for commands that need
     *     CAP_SYS_RAWIO
     */
    public static Result command(
            Descriptor disk,
            ByteBuffer cdb,
            ByteBuffer dataOut,
            ByteBuffer dataIn,
            Duration timeout)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            int bytes = dataOut.remaining() + dataIn.remaining();
            MemorySegment data = arena.allocate(Math.max(bytes, 1), 4096);
            copy(dataOut, data);
            MemorySegment commandBytes = arena.allocate(cdb.remaining(), 8);
            copy(cdb, commandBytes);
            MemorySegment sense = arena.allocate(SENSE_BYTES, 8);
            MemorySegment header = arena.allocate(HEADER_BYTES, 8);
            header.set(Native.INT, 0, 'S');
            header.set(
                    Native.INT,
                    DIRECTION,
                    dataOut.hasRemaining()
                            ? TO_DEVICE
                            : dataIn.hasRemaining() ? FROM_DEVICE : NO_DATA);
            header.set(Native.BYTE, CDB_LENGTH, (byte) cdb.remaining());
            header.set(Native.BYTE, SENSE_LENGTH, (byte) SENSE_BYTES);
            header.set(Native.INT, DATA_LENGTH, bytes);
            header.set(Native.LONG, DATA, data.address());
            header.set(Native.LONG, CDB, commandBytes.address());
            header.set(Native.LONG, SENSE, sense.address());
            header.set(Native.INT, TIMEOUT, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE));
            Ioctl.withStruct(disk, "SG_IO", SG_IO, header);
            int transferred = bytes - Math.clamp(header.get(Native.INT, RESIDUAL), 0, bytes);
            if (dataIn.hasRemaining()) {
                int read = Math.min(transferred, dataIn.remaining());
                dataIn.put(dataIn.position(), data.asSlice(0, read).asByteBuffer(), 0, read);
            }
            return result(header, transferred, sense);
        }
    }

    private static Result result(MemorySegment header, int transferred, MemorySegment sense) {
        int written = header.get(Native.BYTE, SENSE_WRITTEN) & 0xff;
        ByteBuffer copy = ByteBuffer.allocate(Math.min(written, SENSE_BYTES));
        copy.put(0, sense.asByteBuffer(), 0, copy.remaining());
        int host = header.get(Native.SHORT, HOST_STATUS) & 0xffff;
        int driver = header.get(Native.SHORT, DRIVER_STATUS) & 0x0f;
        // A driver's error without sense data, as a time-out is, counts as the host's.
        boolean lost = host == 0 && driver != 0 && written == 0;
        return new Result(
                header.get(Native.BYTE, STATUS) & 0xff,
                lost ? driver << 8 : host,
                transferred,
                copy.asReadOnlyBuffer());
    }

    private static void copy(ByteBuffer from, MemorySegment to) {
        if (from.hasRemaining()) {
            to.asByteBuffer().put(0, from, from.position(), from.remaining());
        }
    }
}
