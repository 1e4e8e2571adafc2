package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a file's bytes lie on its filesystem's device (ioctl FIEMAP, linux/fiemap.h). Stateless:
 * any thread; may block, because what is not written back yet is written back first. At most {@link
 * #MOST} extents of one range.
 */
public final class FileExtents {

    /** So many extents are told of one range. */
    public static final int MOST = 128;

    private static final int FS_IOC_FIEMAP = 0xC020660B;
    private static final int FIEMAP_FLAG_SYNC = 1;
    private static final int FIEMAP_EXTENT_UNKNOWN = 0x2;
    private static final int FIEMAP_EXTENT_DELALLOC = 0x4;
    private static final int FIEMAP_EXTENT_ENCODED = 0x8;
    private static final int FIEMAP_EXTENT_NOT_ALIGNED = 0x100;
    private static final int FIEMAP_EXTENT_DATA_INLINE = 0x200;
    private static final int FIEMAP_EXTENT_DATA_TAIL = 0x400;
    private static final int UNWRITTEN = 0x800;
    private static final int WITHOUT_PLACE =
            FIEMAP_EXTENT_UNKNOWN
                    | FIEMAP_EXTENT_DELALLOC
                    | FIEMAP_EXTENT_ENCODED
                    | FIEMAP_EXTENT_NOT_ALIGNED
                    | FIEMAP_EXTENT_DATA_INLINE
                    | FIEMAP_EXTENT_DATA_TAIL;

    private static final int HEAD_BYTES = 32;
    private static final int EXTENT_BYTES = 56;

    private FileExtents() {}

    /**
     * A run of bytes; all in bytes.
     *
     * @param logical where it begins in the file
     * @param physical where it begins on the device
     * @param flags FIEMAP_EXTENT_ flags
     */
    public record Extent(long logical, long physical, long length, int flags) {

        /** Whether the same place on the device means the same bytes. */
        boolean hasPlace() {
            return (flags & WITHOUT_PLACE) == 0;
        }

        private long end() {
            return logical + length;
        }
    }

    /**
     * The extents that overlap a range, in order: the first {@link #MOST} of them. Empty where the
     * filesystem doesn't tell (tmpfs).
     */
    public static List<Extent> of(Descriptor file, long offset, long length) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = arena.allocate(HEAD_BYTES + (long) MOST * EXTENT_BYTES, 8);
            map.set(Native.LONG, 0, offset);
            map.set(Native.LONG, 8, length);
            map.set(Native.INT, 16, FIEMAP_FLAG_SYNC);
            map.set(Native.INT, 24, MOST);
            Ioctl.withStruct(file, "FIEMAP", FS_IOC_FIEMAP, map);
            List<Extent> extents = new ArrayList<>();
            for (int i = 0; i < map.get(Native.INT, 20); i++) {
                long at = HEAD_BYTES + (long) i * EXTENT_BYTES;
                extents.add(
                        new Extent(
                                map.get(Native.LONG, at),
                                map.get(Native.LONG, at + 8),
                                map.get(Native.LONG, at + 16),
                                map.get(Native.INT, at + 40)));
            }
            return extents;
        } catch (LinuxException e) {
            if (e.is(Errno.EOPNOTSUPP) || e.is(Errno.ENOTTY)) {
                return List.of();
            }
            throw e;
        }
    }

    /**
     * Whether two files of one filesystem have the whole range at the same places of the device, so
     * that they can't differ in it. False where that isn't known.
     */
    public static boolean areTheSame(List<Extent> one, List<Extent> other, long from, long until) {
        long at = from;
        int i = 0;
        int j = 0;
        while (at < until && i < one.size() && j < other.size()) {
            Extent a = one.get(i);
            Extent b = other.get(j);
            boolean together =
                    a.hasPlace()
                            && b.hasPlace()
                            && a.logical() <= at
                            && b.logical() <= at
                            && a.physical() - a.logical() == b.physical() - b.logical()
                            && (a.flags() & UNWRITTEN) == (b.flags() & UNWRITTEN);
            if (!together) {
                return false;
            }
            at = Math.min(a.end(), b.end());
            i += a.end() == at ? 1 : 0;
            j += b.end() == at ? 1 : 0;
        }
        return at >= until;
    }
}
