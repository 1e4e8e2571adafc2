package dev.lunaria.linux;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Signals, memory locks and process attributes. Stateless; what prctl sets belongs to the calling
 * thread and to the threads and processes that it starts afterwards.
 */
public final class Processes {

    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    public static final int MCL_CURRENT = 1;
    public static final int MCL_FUTURE = 2;

    /** Locks pages when they are first touched: without it a JVM's whole heap becomes resident. */
    public static final int MCL_ONFAULT = 4;

    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_IO_FLUSHER = 57;
    private static final int PR_GET_IO_FLUSHER = 58;

    /** capabilities(7): among others, to grow an ext4 while it is mounted. */
    public static final int CAP_SYS_RESOURCE = 24;

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String EFFECTIVE = "CapEff:";

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private static final MethodHandle KILL =
            Native.function("kill", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle PRCTL =
            Native.variadic(
                    "prctl",
                    1,
                    Native.INT,
                    Native.INT,
                    Native.LONG,
                    Native.LONG,
                    Native.LONG,
                    Native.LONG);
    private static final MethodHandle MLOCKALL =
            Native.function("mlockall", Native.INT, Native.INT);
    private static final MethodHandle SETSID = Native.function("setsid", Native.INT);
    private static final MethodHandle GETEUID = Native.function("geteuid", Native.INT);

    private Processes() {}

    /**
     * kill(2) of one process.
     *
     * @param pid positive: groups and "all" are refused here
     * @param signal a SIG number, 0 to ask only whether it is there
     * @throws LinuxException ESRCH where there is none
     */
    public static void kill(long pid, int signal) throws LinuxException {
        if (pid <= 1 || pid > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("not a process to signal: " + pid);
        }
        int number = (int) pid;
        Native.check(
                "kill",
                pid + " with " + signal,
                state -> (int) KILL.invokeExact(state, number, signal));
    }

    /** Has the kernel send this signal to the process when the thread that started it ends. */
    public static void signalAtParentDeath(int signal) throws LinuxException {
        prctl("PR_SET_PDEATHSIG", PR_SET_PDEATHSIG, signal);
    }

    /**
     * Marks the calling thread, and what it starts from now on, as one that block I/O depends on:
     * its allocations don't wait for write-back to the disk that it serves.
     *
     * @throws LinuxException EPERM without CAP_SYS_RESOURCE
     */
    public static void becomeIoFlusher() throws LinuxException {
        prctl("PR_SET_IO_FLUSHER", PR_SET_IO_FLUSHER, 1);
    }

    /**
     * Whether the calling thread is an I/O flusher.
     *
     * @throws LinuxException EPERM without CAP_SYS_RESOURCE
     */
    public static boolean isIoFlusher() throws LinuxException {
        return prctl("PR_GET_IO_FLUSHER", PR_GET_IO_FLUSHER, 0) == 1;
    }

    /**
     * Keeps this process's memory from being paged out.
     *
     * @param flags MCL_ flags
     * @throws LinuxException EPERM or ENOMEM beyond RLIMIT_MEMLOCK without CAP_IPC_LOCK
     */
    public static void lockMemory(int flags) throws LinuxException {
        Native.check(
                "mlockall",
                Integer.toString(flags),
                state -> (int) MLOCKALL.invokeExact(state, flags));
    }

    /**
     * Starts a session of its own: no terminal's Ctrl-C reaches this process any more.
     *
     * @throws LinuxException EPERM where it leads a process group already
     */
    public static int newSession() throws LinuxException {
        return Native.check("setsid", "", state -> (int) SETSID.invokeExact(state));
    }

    /** The user that permissions are checked for; 0 is root. */
    public static int effectiveUserId() {
        try {
            return (int) GETEUID.invokeExact(Native.current().state);
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }

    /** Whether the main thread has a CAP_ now, as programs have that it starts. */
    public static boolean hasCapability(int capability) throws IOException {
        String set =
                Files.readAllLines(STATUS).stream()
                        .filter(line -> line.startsWith(EFFECTIVE))
                        .map(line -> line.substring(EFFECTIVE.length()).strip())
                        .findFirst()
                        .orElse("0");
        return (Long.parseUnsignedLong(set, 16) >>> capability & 1) != 0;
    }

    /** A UUID that is another after every boot of this machine. */
    public static String bootId() throws IOException {
        return Files.readString(BOOT_ID).strip();
    }

    private static int prctl(String name, int option, long value) throws LinuxException {
        return Native.check(
                name,
                Long.toString(value),
                state -> (int) PRCTL.invokeExact(state, option, value, 0L, 0L, 0L));
    }
}
