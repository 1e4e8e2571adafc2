package dev.lunaria.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loop driver: block devices over files (loop(4), linux/loop.h). Stateless: any thread. The
 * ioctls talk to the backing file, so they block where that is on a FUSE server that doesn't
 * answer; what is read from sysfs never does.
 */
public final class LoopDevices {

    public static final int LO_FLAGS_READ_ONLY = 1;

    /** The device lets go of its file at its last close. */
    public static final int LO_FLAGS_AUTOCLEAR = 4;

    public static final int LO_FLAGS_PARTSCAN = 8;

    /** Past the page cache of the backing file. */
    public static final int LO_FLAGS_DIRECT_IO = 16;

    private static final Path CONTROL = Path.of("/dev/loop-control");
    private static final Path SYS_BLOCK = Path.of("/sys/block");

    private static final int LOOP_CLR_FD = 0x4C01;
    private static final int LOOP_GET_STATUS64 = 0x4C05;
    private static final int LOOP_SET_CAPACITY = 0x4C07;
    private static final int LOOP_SET_DIRECT_IO = 0x4C08;
    private static final int LOOP_CONFIGURE = 0x4C0A;
    private static final int LOOP_CTL_ADD = 0x4C80;
    private static final int LOOP_CTL_GET_FREE = 0x4C82;
    private static final int NEXT_NUMBER = -1;

    // struct loop_config: fd, block_size, struct loop_info64, 8 reserved words.
    private static final int CONFIG_BYTES = 304;
    private static final int CONFIG_INFO = 8;
    // struct loop_info64.
    private static final int INFO_BYTES = 232;
    private static final int INFO_DEVICE = 0;
    private static final int INFO_INODE = 8;
    private static final int INFO_NUMBER = 40;
    private static final int INFO_FLAGS = 52;
    private static final int INFO_NAME = 56;
    private static final int INFO_NAME_BYTES = 64;

    private LoopDevices() {}

    /**
     * What LOOP_GET_STATUS64 tells.
     *
     * @param number N of /dev/loopN
     * @param device the encoded device number of the backing file's file system
     * @param inode the backing file's inode
     * @param flags LO_FLAGS_
     * @param name what was given at {@link #configure}, at most 63 bytes
     */
    public record Status(int number, long device, long inode, int flags, String name) {}

    /** Where the device's node lies. */
    public static Path devicePath(int number) {
        return Path.of("/dev/loop" + number);
    }

    /**
     * The number of a device that has no file, made if need be. Another process may take it before
     * it is configured, which then fails with EBUSY.
     */
    public static int free() throws LinuxException {
        try (Descriptor control = FileIo.open(CONTROL, OpenFlags.O_RDWR, 0)) {
            return Ioctl.withInt(control, "LOOP_CTL_GET_FREE", LOOP_CTL_GET_FREE, 0);
        }
    }

    /** Makes a device without a file, of a number that no device had; gives the number. */
    public static int add() throws LinuxException {
        try (Descriptor control = FileIo.open(CONTROL, OpenFlags.O_RDWR, 0)) {
            return Ioctl.withInt(control, "LOOP_CTL_ADD", LOOP_CTL_ADD, NEXT_NUMBER);
        }
    }

    /**
     * Gives a device its file, in one step.
     *
     * @param device opened for reading and writing, else it becomes read-only
     * @param file the backing file, opened likewise
     * @param blockBytes the logical block size: 512 to the page size, a power of two
     * @param flags LO_FLAGS_; direct I/O is a wish that the kernel may silently not grant, see
     *     {@link #isDirectIo}
     * @param name a name for {@link Status}, cut at 63 bytes
     * @throws LinuxException EBUSY where it has a file already
     */
    public static void configure(
            Descriptor device, Descriptor file, int blockBytes, int flags, String name)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment config = arena.allocate(CONFIG_BYTES, 8);
            config.set(Native.INT, 0, file.number());
            config.set(Native.INT, 4, blockBytes);
            config.set(Native.INT, CONFIG_INFO + INFO_FLAGS, flags);
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(bytes.length, INFO_NAME_BYTES - 1);
            for (int i = 0; i < length; i++) {
                config.set(Native.BYTE, CONFIG_INFO + INFO_NAME + i, bytes[i]);
            }
            Ioctl.withStruct(device, "LOOP_CONFIGURE", LOOP_CONFIGURE, config);
        }
    }

    /**
     * Takes over the backing file's new length. Stat the file before: a network file system may not
     * know it yet.
     */
    public static void setCapacity(Descriptor device) throws LinuxException {
        Ioctl.withInt(device, "LOOP_SET_CAPACITY", LOOP_SET_CAPACITY, 0);
    }

    /** Switches direct I/O. */
    public static void setDirectIo(Descriptor device, boolean on) throws LinuxException {
        Ioctl.withInt(device, "LOOP_SET_DIRECT_IO", LOOP_SET_DIRECT_IO, on ? 1 : 0);
    }

    /**
     * Takes the file from the device: at once, or at the last close where others have it open (then
     * this succeeds too: look at {@link #backingFile}).
     *
     * @throws LinuxException ENXIO where it has none
     */
    public static void clear(Descriptor device) throws LinuxException {
        Ioctl.withInt(device, "LOOP_CLR_FD", LOOP_CLR_FD, 0);
    }

    /** LOOP_GET_STATUS64. It stats the backing file; ENXIO where there is none. */
    public static Status status(Descriptor device) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, 8);
            Ioctl.withStruct(device, "LOOP_GET_STATUS64", LOOP_GET_STATUS64, info);
            info.set(Native.BYTE, INFO_NAME + INFO_NAME_BYTES - 1, (byte) 0);
            return new Status(
                    info.get(Native.INT, INFO_NUMBER),
                    info.get(Native.LONG, INFO_DEVICE),
                    info.get(Native.LONG, INFO_INODE),
                    info.get(Native.INT, INFO_FLAGS),
                    info.getString(INFO_NAME));
        }
    }

    /**
     * The path of the device's file as sysfs shows it: seen from this process, with {@code
     * (deleted)} behind it where it was removed. Empty where it has no file.
     */
    public static Optional<String> backingFile(int number) throws IOException {
        return attribute(number, "backing_file");
    }

    /** Whether the device goes past the page cache of its file. */
    public static boolean isDirectIo(int number) throws IOException {
        return attribute(number, "dio").map("1"::equals).orElse(false);
    }

    /** The numbers of all devices that have a file. */
    public static List<Integer> inUse() throws IOException {
        return numbers(true);
    }

    /** The numbers of all devices that have no file. */
    public static List<Integer> unused() throws IOException {
        return numbers(false);
    }

    private static List<Integer> numbers(boolean used) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(SYS_BLOCK, "loop*")) {
            for (Path device : devices) {
                if (Files.exists(device.resolve("loop/backing_file")) == used) {
                    String name = device.getFileName().toString();
                    numbers.add(Integer.parseInt(name.substring("loop".length())));
                }
            }
        }
        numbers.sort(null);
        return numbers;
    }

    private static Optional<String> attribute(int number, String name) throws IOException {
        Path path = SYS_BLOCK.resolve("loop" + number).resolve("loop").resolve(name);
        try {
            String text = Files.readString(path);
            return Optional.of(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (IOException e) {
            // The device lost its file between open and read: sysfs answers ENODEV or ENXIO.
            if (Files.exists(path)) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
