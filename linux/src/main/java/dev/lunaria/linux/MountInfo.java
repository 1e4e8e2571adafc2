package dev.lunaria.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). Immutable.
 *
 * @param id the mount's number
 * @param parent the number of the mount that it lies on
 * @param device the file system's device
 * @param root the folder of the file system that is mounted: not {@code /} for a bind mount of a
 *     part
 * @param mountPoint where, seen from this process's root
 * @param options the mount's own options: {@code rw}, {@code relatime}, ...
 * @param propagation optional fields, as {@code shared:5}
 * @param type the file system's type, as {@code ext4} or {@code fuse.lunaria}
 * @param source what was mounted, as {@code /dev/loop0}
 * @param superOptions the file system's options
 */
public record MountInfo(
        int id,
        int parent,
        DeviceNumber device,
        String root,
        Path mountPoint,
        List<String> options,
        List<String> propagation,
        String type,
        String source,
        List<String> superOptions) {

    /**
     * Reads one line.
     *
     * @throws IllegalArgumentException when it has not the form that the kernel documents
     */
    public static MountInfo parse(String line) {
        String[] fields = line.split(" ", -1);
        int separator = 6;
        List<String> propagation = new ArrayList<>();
        while (separator < fields.length && !fields[separator].equals("-")) {
            propagation.add(fields[separator++]);
        }
        if (fields.length < separator + 4) {
            throw new IllegalArgumentException("not a line of mountinfo: " + line);
        }
        return new MountInfo(
                Integer.parseInt(fields[0]),
                Integer.parseInt(fields[1]),
                DeviceNumber.parse(fields[2]),
                unescape(fields[3]),
                Path.of(unescape(fields[4])),
                List.of(fields[5].split(",")),
                List.copyOf(propagation),
                unescape(fields[separator + 1]),
                unescape(fields[separator + 2]),
                List.of(unescape(fields[separator + 3]).split(",")));
    }

    /** Whether writes are refused here, by the mount or by the file system. */
    public boolean isReadOnly() {
        return options.contains("ro") || superOptions.contains("ro");
    }

    /** Undoes the kernel's escapes: space, tab, newline and backslash as {@code \ooo}, octal. */
    static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        byte[] in = field.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[in.length];
        int length = 0;
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '\\' && i + 3 < in.length && isOctal(in, i + 1)) {
                out[length++] =
                        (byte)
                                ((in[i + 1] - '0') << 6
                                        | (in[i + 2] - '0') << 3
                                        | (in[i + 3] - '0'));
                i += 3;
            } else {
                out[length++] = in[i];
            }
        }
        return new String(out, 0, length, StandardCharsets.UTF_8);
    }

    private static boolean isOctal(byte[] text, int from) {
        for (int i = from; i < from + 3; i++) {
            if (text[i] < '0' || text[i] > '7') {
                return false;
            }
        }
        return true;
    }
}
