package dev.lunaria.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the unit files in deploy/systemd say to systemd: at the shutdown of a host the disk process
 * goes after whoever uses its mounts, and before the network (traps-storage 29).
 */
class SystemdUnitsTest {
    private static final Path UNITS = Path.of("../deploy/systemd").toAbsolutePath().normalize();

    /** DiskProgram's and NodeProgram's time to stop. */
    private static final int DISK_STOPS_WITHIN = 25;

    private static final int NODE_STOPS_WITHIN = 20;

    /** The words of all lines with that key, in their order. */
    private static List<String> words(String unit, String key) throws IOException {
        return Files.readAllLines(UNITS.resolve(unit)).stream()
                .filter(line -> line.startsWith(key + "="))
                .flatMap(line -> Stream.of(line.substring(key.length() + 1).split(" ", -1)))
                .toList();
    }

    private static int seconds(String unit) throws IOException {
        return Integer.parseInt(words(unit, "TimeoutStopSec").getFirst());
    }

    @Test
    void the_disk_process_stops_before_the_network_and_after_its_users() throws IOException {
        assertThat(words("lunaria-disk.service", "After")).contains("network-online.target");
        assertThat(words("lunaria-disk.service", "Before"))
                .contains("lunaria-node.service", "kubelet.service");
        assertThat(words("lunaria-node.service", "After"))
                .contains("network-online.target", "lunaria-disk.service");
    }

    @Test
    void a_stop_has_time_for_unmounting_and_for_the_last_detach() throws IOException {
        List<String> stop = words("lunaria-disk.service", "ExecStop");
        assertThat(stop).startsWith("/opt/lunaria/systemd/unmount-disks", "--at-shutdown");
        assertThat(UNITS.resolve("unmount-disks")).isExecutable();
        int unmounting = Integer.parseInt(stop.getLast());
        assertThat(seconds("lunaria-disk.service")).isGreaterThan(unmounting + DISK_STOPS_WITHIN);
        assertThat(seconds("lunaria-node.service")).isGreaterThan(NODE_STOPS_WITHIN);
    }

    /** In a namespace of their own their mounts would be nobody else's. */
    @Test
    void both_run_in_the_hosts_mount_namespace() throws IOException {
        for (String unit : List.of("lunaria-disk.service", "lunaria-node.service")) {
            assertThat(Files.readAllLines(UNITS.resolve(unit)))
                    .noneMatch(line -> line.matches("(Private|Protect|ReadOnly|Temporary).*=.*"));
        }
    }
}
