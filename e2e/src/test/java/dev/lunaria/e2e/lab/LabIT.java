package dev.lunaria.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the lab's users rely on: hosts, their cables, their power, and what is hidden in them. */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LabIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String ONE = "host1";
    private static final String OTHER = "host2";

    private Lab lab;

    @BeforeAll
    void boots() throws Exception {
        lab = LabRequirements.lab("of-lab-it", "256M", ONE, OTHER);
    }

    @AfterAll
    void ends() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aCommandsOutputAndExitCodeComeBack() throws Exception {
        Lab.Outcome outcome = lab.run(ONE, PATIENCE, "hostname; echo wrong >&2; exit 7");

        assertThat(outcome).isEqualTo(new Lab.Outcome(7, "host1\nwrong\n"));
    }

    @Test
    void theHostHasNoInitiatorAndNoToolsOfFilesystemsAndThePluginsRootHasThem() throws Exception {
        for (String program :
                List.of("iscsiadm", "iscsid", "multipathd", "mount.ocfs2", "ocfs2_hb_ctl")) {
            assertThat(lab.run(ONE, PATIENCE, "command -v " + program).exitCode())
                    .as(program)
                    .isNotZero();
        }
        for (String program : List.of("mkfs.ext4", "mkfs.ocfs2", "mount.ocfs2", "resize2fs")) {
            assertThat(lab.run(ONE, PATIENCE, "command -v " + program).exitCode())
                    .as(program)
                    .isNotZero();
            lab.plugin(ONE, PATIENCE, "command -v " + program).orFail();
        }
    }

    @Test
    void aMountOfThePluginIsSeenByTheHostAndTheOtherWayRound() throws Exception {
        lab.plugin(ONE, PATIENCE, "mkdir -p /var/lib/a && mount -t tmpfs a /var/lib/a").orFail();
        lab.run(ONE, PATIENCE, "mkdir -p /var/lib/b && mount -t tmpfs b /var/lib/b").orFail();

        assertThat(lab.run(ONE, PATIENCE, "grep -c ' /var/lib/a ' /proc/mounts").output())
                .isEqualTo("1\n");
        lab.plugin(ONE, PATIENCE, "grep ' /var/lib/b ' /proc/mounts").orFail();
    }

    @Test
    void modulesOfTheHostsRootLoad() throws Exception {
        lab.run(ONE, PATIENCE, "modprobe -a iscsi_tcp sd_mod && ls /sys/class/iscsi_transport/tcp")
                .orFail();
        lab.plugin(ONE, PATIENCE, "ls /host/lib/modules/$(uname -r)/modules.dep").orFail();
    }

    @Test
    void aCutCableCutsTheNetworkAndNotTheCommands() throws Exception {
        lab.cut(OTHER);
        assertThat(lab.run(OTHER, PATIENCE, ping()).output()).doesNotContain("REACHABLE");
        lab.join(OTHER);

        assertThat(lab.run(OTHER, PATIENCE, ping()).output()).contains("REACHABLE");
    }

    /** Has the kernel look for the machine's Ethernet address, and says whether it has answered. */
    private static String ping() {
        return "ip neigh flush dev vec0; bash -c 'echo >/dev/udp/10.220.0.1/9'; sleep 3;"
                + " ip neigh show 10.220.0.1";
    }

    @Test
    void aPowerFailureEndsTheHostAndLeavesWhatWasWritten() throws Exception {
        lab.run(OTHER, PATIENCE, "echo kept >/var/lib/kept; sync; echo gone >/etc/gone").orFail();

        lab.kill(OTHER);
        assertThatThrownBy(() -> lab.run(OTHER, PATIENCE, "true").orFail())
                .hasMessageContaining("not up");
        lab.start(OTHER);

        assertThat(lab.run(OTHER, PATIENCE, "cat /var/lib/kept; ls /etc/gone").output())
                .startsWith("kept\n")
                .contains("No such file");
    }

    @Test
    void javaRunsInAHost() throws Exception {
        assertThat(lab.plugin(ONE, PATIENCE, "$JAVA_HOME/bin/java -version").orFail())
                .contains("25");
    }
}
