package dev.lunaria.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The dynamic section of a 64-bit little-endian ELF file (System V gABI, chapter 5): which shared
 * libraries it needs. Stateless.
 */
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int MAGIC = 0x464c457f;
    private static final int PROGRAM_HEADERS_AT = 32;
    private static final int PROGRAM_HEADER_BYTES_AT = 54;
    private static final int PROGRAM_HEADER_COUNT_AT = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final long DT_NULL = 0;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;

    /** A part of the file and where it is in memory. */
    private record Segment(int type, long offset, long address, long bytes) {}

    private ElfFile() {}

    /** The names of the libraries that a file needs; none where it isn't an ELF file. */
    static List<String> needed(byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER_BYTES || file.getInt(0) != MAGIC) {
            return List.of();
        }
        List<Segment> segments = segments(file);
        return segments.stream()
                .filter(segment -> segment.type() == PT_DYNAMIC)
                .findFirst()
                .map(dynamic -> needed(file, dynamic, segments))
                .orElse(List.of());
    }

    private static List<Segment> segments(ByteBuffer file) {
        List<Segment> segments = new ArrayList<>();
        int at = Math.toIntExact(file.getLong(PROGRAM_HEADERS_AT));
        for (int i = 0; i < file.getShort(PROGRAM_HEADER_COUNT_AT); i++) {
            segments.add(
                    new Segment(
                            file.getInt(at),
                            file.getLong(at + 8),
                            file.getLong(at + 16),
                            file.getLong(at + 32)));
            at += file.getShort(PROGRAM_HEADER_BYTES_AT);
        }
        return segments;
    }

    private static List<String> needed(ByteBuffer file, Segment dynamic, List<Segment> segments) {
        List<Long> names = new ArrayList<>();
        long strings = 0;
        int at = Math.toIntExact(dynamic.offset());
        for (long tag = file.getLong(at); tag != DT_NULL; tag = file.getLong(at)) {
            if (tag == DT_NEEDED) {
                names.add(file.getLong(at + 8));
            } else if (tag == DT_STRTAB) {
                strings = offset(file.getLong(at + 8), segments);
            }
            at += 16;
        }
        List<String> needed = new ArrayList<>();
        for (long name : names) {
            needed.add(string(file, Math.toIntExact(strings + name)));
        }
        return needed;
    }

    private static long offset(long address, List<Segment> segments) {
        return segments.stream()
                .filter(segment -> segment.type() == PT_LOAD)
                .filter(segment -> address >= segment.address())
                .filter(segment -> address < segment.address() + segment.bytes())
                .mapToLong(segment -> address - segment.address() + segment.offset())
                .findFirst()
                .orElse(address);
    }

    private static String string(ByteBuffer file, int at) {
        int end = at;
        while (file.get(end) != 0) {
            end++;
        }
        byte[] name = new byte[end - at];
        file.get(at, name);
        return new String(name, StandardCharsets.UTF_8);
    }
}
