package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Signals and process attributes. */
final class ProcessesIT {

    @Test
    void aChildIsEndedByASignal() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            Processes.kill(child.pid(), 0);
            Processes.kill(child.pid(), Processes.SIGKILL);
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(child.exitValue()).isEqualTo(128 + Processes.SIGKILL);
        } finally {
            child.destroyForcibly();
        }
        assertThatThrownBy(() -> Processes.kill(child.pid(), 0))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
    }

    @Test
    void groupsAndInitAreNeverSignalled() {
        assertThatThrownBy(() -> Processes.kill(-1, Processes.SIGKILL))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Processes.kill(0, Processes.SIGKILL))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Processes.kill(1, Processes.SIGKILL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aThreadBecomesAnIoFlusherOrIsToldWhatItLacks() throws Exception {
        // On a thread that ends with the test: the attribute stays with it.
        FutureTask<String> attempt = new FutureTask<>(ProcessesIT::becomeIoFlusher);
        Thread.ofPlatform().start(attempt);
        assertThat(attempt.get(10, TimeUnit.SECONDS))
                .isIn("flusher", "PR_SET_IO_FLUSHER(1): EPERM");
    }

    private static String becomeIoFlusher() {
        try {
            Processes.becomeIoFlusher();
            return Processes.isIoFlusher() ? "flusher" : "no flusher";
        } catch (LinuxException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Of CAP_SYS_ADMIN (21) mount(2) tells the same. */
    @Test
    void aCapabilityIsKnown() throws IOException {
        assertThat(Processes.hasCapability(63)).isFalse();
        assertThat(Processes.hasCapability(21)).isEqualTo(mayMount());
    }

    private static boolean mayMount() {
        try {
            Mounts.unmount(Path.of("/nowhere"), 0);
            return false;
        } catch (LinuxException e) {
            return e.is(Errno.ENOENT);
        }
    }

    @Test
    void theBootIdIsAUuidThatStays() throws IOException {
        assertThat(UUID.fromString(Processes.bootId()))
                .isEqualTo(UUID.fromString(Processes.bootId()));
    }

    @Test
    void theEffectiveUserIsKnown() {
        assertThat(Processes.effectiveUserId() == 0)
                .isEqualTo("root".equals(System.getProperty("user.name")));
    }
}
