package dev.lunaria.node.format;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * What the superblock of a filesystem says that isn't mounted. Immutable.
 *
 * @param uuid the filesystem's UUID
 * @param sizeBytes its size
 */
public record Superblock(UUID uuid, long sizeBytes) {

    /** Bytes of a device, as they are there now; empty where it is too short for them. */
    static Optional<ByteBuffer> read(Path device, long offset, int bytes, ByteOrder order)
            throws LinuxException {
        ByteBuffer into = ByteBuffer.allocateDirect(bytes).order(order);
        try (Descriptor file = FileIo.open(device, OpenFlags.O_RDONLY, 0)) {
            int read = FileIo.readFully(file, into, offset);
            return read == bytes ? Optional.of(into.clear()) : Optional.empty();
        }
    }

    /** The UUID at that place: its bytes stand in the order in which it is printed. */
    static UUID uuid(ByteBuffer superblock, int at) {
        ByteBuffer bytes = superblock.duplicate().order(ByteOrder.BIG_ENDIAN);
        return new UUID(bytes.getLong(at), bytes.getLong(at + Long.BYTES));
    }
}
