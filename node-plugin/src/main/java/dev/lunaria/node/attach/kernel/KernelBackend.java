package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.KernelModules;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Sysfs;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * The kernel's initiator, opened for this process: modules, netlink, threads, and the disks on it.
 * Opened and closed by the main thread; the disks outlive it.
 */
public final class KernelBackend implements AutoCloseable {
    private static final String TRANSPORT = "class/iscsi_transport/tcp";
    private static final String DISK_DRIVER = "bus/scsi/drivers/sd";

    private final NetlinkInitiator initiator;
    private final ScheduledThreadPoolExecutor threads;
    private final KernelDisks disks;

    private KernelBackend(
            NetlinkInitiator initiator, ScheduledThreadPoolExecutor threads, KernelDisks disks) {
        this.initiator = initiator;
        this.threads = threads;
        this.disks = disks;
    }

    /**
     * Loads the modules, opens the kernel's initiator and takes over what an earlier process left.
     *
     * @param hostRoot the host's root, with its modules
     * @param stateFolder this program's
     * @throws IOException where this node can't do it; the message says why, and names the module
     *     or the right that is missing
     */
    public static KernelBackend open(
            Path hostRoot, Path stateFolder, KernelCalls kernel, KernelDisks.Settings settings)
            throws IOException {
        Sysfs sysfs = Sysfs.ofThisKernel();
        load(sysfs, hostRoot, TRANSPORT, "iscsi_tcp");
        load(sysfs, hostRoot, DISK_DRIVER, "sd_mod");
        NetlinkInitiator initiator = NetlinkInitiator.open(sysfs);
        ScheduledThreadPoolExecutor threads = KernelThreads.recoveries();
        try {
            var disks =
                    new KernelDisks(
                            new KernelSession.Surroundings(
                                    initiator, new SessionTree(sysfs), threads, new SecureRandom()),
                            SessionRecords.open(stateFolder.resolve("sessions")),
                            kernel,
                            settings);
            disks.adopt();
            return new KernelBackend(initiator, threads, disks);
        } catch (IOException | RuntimeException e) {
            threads.shutdownNow();
            initiator.close();
            throw e;
        }
    }

    private static void load(Sysfs sysfs, Path hostRoot, String trace, String module)
            throws IOException {
        if (sysfs.exists(trace)) {
            return;
        }
        try {
            KernelModules.of(hostRoot).load(module);
        } catch (LinuxException e) {
            String hint =
                    e.is(Errno.EPERM) ? "; the node plugin needs CAP_SYS_MODULE for that" : "";
            throw new IOException(
                    "the kernel module %s can't be loaded: %s%s"
                            .formatted(module, e.getMessage(), hint),
                    e);
        }
        if (!sysfs.exists(trace)) {
            throw new IOException(
                    "the kernel module %s is loaded and /sys/%s is missing"
                            .formatted(module, trace));
        }
    }

    /** The disks. */
    public KernelDisks disks() {
        return disks;
    }

    /** Sessions and disks stay; nobody recovers them until the next process does. */
    @Override
    public void close() {
        threads.shutdownNow();
        initiator.close();
    }
}
