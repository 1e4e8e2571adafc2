package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.DeviceNodes;
import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.disk.session.FormatState;
import dev.lunaria.node.disk.session.Unit;
import dev.lunaria.node.disk.session.UnitProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * A volume's disk of the kernel: its session, and /dev/sdX. Any thread; callers hold the volume's
 * lock. Its calls block in the kernel.
 */
final class KernelDisk {
    private static final Path DEVICES = Path.of("/dev");
    private static final int DEVICE_MODE = 0600;
    private static final Duration LOOK = Duration.ofMillis(10);

    private final SessionRecord record;
    private final KernelSession session;
    private final SessionTree tree;
    private volatile String name = "";

    KernelDisk(SessionRecord record, KernelSession session, SessionTree tree) {
        this.record = record;
        this.session = session;
        this.tree = tree;
    }

    SessionRecord record() {
        return record;
    }

    KernelSession session() {
        return session;
    }

    /** Another logical unit answers than the one asked for. */
    static final class WrongUnit extends IOException {
        private static final long serialVersionUID = 1;

        WrongUnit(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Has the kernel look at the session's one logical unit, waits for its disk, and compares its
     * identity; nothing was written before.
     *
     * @throws WrongUnit where another answers
     */
    void appear(Duration within) throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        tree.scan(session.numbers());
        while (!isThere() || !opens()) {
            if (System.nanoTime() > end) {
                throw new IOException(
                        "no disk appeared within %d s; is the kernel module sd_mod loaded?"
                                .formatted(within.toSeconds()));
            }
            Thread.sleep(LOOK);
        }
        var _ = examine();
    }

    /** Finds the disk of a session that was taken over; false where it has none. */
    boolean isThere() throws IOException {
        Optional<String> disk = tree.disk(session.numbers());
        Optional<DeviceNumber> number = disk.flatMap(d -> tree.number(session.numbers(), d));
        if (disk.isEmpty() || number.isEmpty()) {
            return false;
        }
        name = disk.get();
        // Where /dev isn't the kernel's own.
        DeviceNodes.makeBlock(path(), number.get(), DEVICE_MODE);
        return true;
    }

    /** The kernel shows a disk in sysfs before it can be opened: ENXIO until then. */
    private boolean opens() throws LinuxException {
        try (Descriptor _ = Descriptor.open(path(), OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK, 0)) {
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.ENXIO)) {
                return false;
            }
            throw e;
        }
    }

    /** Looks at what answers. */
    Unit examine() throws IOException {
        try {
            return new UnitProbe(new DiskCommands(path())::send, record.identity().toString())
                    .examine()
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UnitProbe.OtherUnit other) {
                throw new WrongUnit("another logical unit answers: " + other.getMessage(), other);
            }
            throw new IOException("can't examine " + path() + ": " + e.getCause(), e);
        }
    }

    /** The kernel's size of it, after it was asked to look again. */
    long refreshSize() throws IOException {
        tree.rescan(session.numbers());
        return tree.sizeBytes(name);
    }

    FormatState format() {
        return new FormatState(new DiskCommands(path())::send);
    }

    Path path() {
        return DEVICES.resolve(name);
    }

    /** Its number in the kernel; empty where it is gone. */
    Optional<DeviceNumber> number() {
        return tree.number(session.numbers(), name);
    }

    /** Whether the disk is still this session's: its name may be another's once it is gone. */
    boolean hasDevice() {
        return !name.isEmpty() && Files.exists(path()) && number().isPresent();
    }

    /** Whether I/O can ever succeed again. */
    boolean isAlive() {
        return switch (session.status().state()) {
            case NEW, ONLINE, RECOVERING -> true;
            case FENCED, ENDED -> false;
        };
    }

    /** As the backend tells of it. */
    AttachedDisk attached() {
        KernelSession.Status status = session.status();
        AttachedDisk.State state =
                switch (status.state()) {
                    case ONLINE -> AttachedDisk.State.ONLINE;
                    case NEW, RECOVERING -> AttachedDisk.State.RECOVERING;
                    case FENCED, ENDED -> AttachedDisk.State.FENCED;
                };
        return new AttachedDisk(
                record.volumeId(),
                record.epoch(),
                path(),
                tree.sizeBytes(name),
                tree.blockBytes(name),
                state,
                state == AttachedDisk.State.ONLINE ? "" : status.reason(),
                record.readOnly(),
                record.identity());
    }
}
