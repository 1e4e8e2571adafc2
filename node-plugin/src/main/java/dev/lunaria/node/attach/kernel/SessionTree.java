package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Sysfs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel's iSCSI sessions and their disks as sysfs shows them. Immutable; any thread. What is
 * gone reads as empty.
 */
final class SessionTree {
    private static final String SESSIONS = "class/iscsi_session";
    private static final String LOGGED_IN = "LOGGED_IN";
    private static final long SECTOR_BYTES = 512;

    private final Sysfs sysfs;

    SessionTree(Sysfs sysfs) {
        this.sysfs = sysfs;
    }

    /**
     * A session.
     *
     * @param target its target's name; empty before it was set
     * @param initiator our name there
     * @param interfaceName the name that its maker gave to it
     * @param creator netlink address of its maker; -1: the kernel, or us
     */
    record Found(
            KernelInitiator.Numbers numbers,
            String target,
            String initiator,
            String interfaceName,
            String creator) {}

    /** All sessions of this kernel, whosever. */
    List<Found> sessions() throws IOException {
        List<Found> found = new ArrayList<>();
        for (String name : sysfs.names(SESSIONS, "session")) {
            int session = Integer.parseInt(name.substring("session".length()));
            Optional<Integer> host = host(name);
            if (host.isPresent()) {
                found.add(
                        new Found(
                                new KernelInitiator.Numbers(session, host.get()),
                                attribute(session, "targetname"),
                                attribute(session, "initiatorname"),
                                attribute(session, "ifacename"),
                                attribute(session, "creator")));
            }
        }
        return found;
    }

    private Optional<Integer> host(String sessionName) throws IOException {
        for (String host : sysfs.names("class/iscsi_host", "host")) {
            if (sysfs.exists("class/iscsi_host/" + host + "/device/" + sessionName)) {
                return Optional.of(Integer.parseInt(host.substring("host".length())));
            }
        }
        return Optional.empty();
    }

    private String attribute(int session, String name) {
        String text = sysfs.read(of(session) + "/" + name).orElse("").strip();
        return text.equals("(null)") || text.equals("<NULL>") ? "" : text;
    }

    boolean exists(int session) {
        return sysfs.exists(of(session));
    }

    /** Whether commands flow. */
    boolean isLoggedIn(int session) {
        return attribute(session, "state").equals(LOGGED_IN);
    }

    /** StatSN that is expected next, for the login that goes on from there; 0 where unknown. */
    int expectedStatSn(int session) {
        return sysfs.read("class/iscsi_connection/connection%d:0/exp_statsn".formatted(session))
                .map(text -> Integer.parseUnsignedInt(text.strip()))
                .orElse(0);
    }

    /** Has the kernel look at LUN 0 of a session, and at nothing else. */
    void scan(KernelInitiator.Numbers numbers) throws LinuxException {
        sysfs.write("class/scsi_host/host%d/scan".formatted(numbers.host()), "0 0 0");
    }

    /** Name of a session's disk, as sda, where it has one. */
    Optional<String> disk(KernelInitiator.Numbers numbers) throws IOException {
        return sysfs.names(unit(numbers) + "/block", "").stream().findFirst();
    }

    /** Has the kernel ask the disk for its size anew. */
    void rescan(KernelInitiator.Numbers numbers) throws LinuxException {
        sysfs.write(unit(numbers) + "/rescan", "1");
    }

    /** Lets a disk work again that error handling has taken out. */
    void resume(KernelInitiator.Numbers numbers) throws LinuxException {
        String state = unit(numbers) + "/state";
        if (sysfs.read(state).map(text -> text.strip().equals("offline")).orElse(false)) {
            sysfs.write(state, "running");
        }
    }

    long sizeBytes(String disk) {
        return number("block/" + disk + "/size") * SECTOR_BYTES;
    }

    int blockBytes(String disk) {
        return (int) number("block/" + disk + "/queue/logical_block_size");
    }

    /** The disk's number; empty where it is gone. */
    Optional<DeviceNumber> number(KernelInitiator.Numbers numbers, String disk) {
        return sysfs.read(unit(numbers) + "/block/" + disk + "/dev")
                .map(text -> text.strip().split(":", 2))
                .map(parts ->
                        new DeviceNumber(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
    }

    private long number(String attribute) {
        return sysfs.read(attribute).map(text -> Long.parseLong(text.strip())).orElse(0L);
    }

    private static String of(int session) {
        return SESSIONS + "/session" + session;
    }

    /** Channel 0, target 0, LUN 0: the one that a session of ours has. */
    private static String unit(KernelInitiator.Numbers numbers) {
        return "%s/device/target%d:0:0/%d:0:0:0"
                .formatted(of(numbers.session()), numbers.host(), numbers.host());
    }
}
