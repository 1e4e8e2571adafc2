package dev.lunaria.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The cluster that other tests stand on: a real Kubernetes, whose nodes lose power. */
@Tag("long")
class ClusterIT {
    private static final String NAME = "lunaria-cluster-of-tests";

    @Test
    void pods_of_all_nodes_talk_before_and_after_a_power_failure_and_nothing_stays()
            throws Exception {
        TestCluster cluster = TestCluster.up(2);
        try {
            assertThat(cluster.check()).contains("node1 → Service on-node2: node2");

            String before = bootOf(cluster, "node2");
            cluster.killNode(2);
            assertThat(processesNaming("hosts/node2")).isEmpty();
            cluster.startNode(2);

            assertThat(bootOf(cluster, "node2")).isNotEqualTo(before);
            assertThat(cluster.check()).contains("node2 → Service on-node1: node1");
        } finally {
            cluster.down();
        }
        assertThat(processesNaming("hosts")).isEmpty();
        assertThat(groups()).isEmpty();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(NAME);
    }

    private static String bootOf(TestCluster cluster, String node) throws Exception {
        return cluster.kubectl("get", "node", node, "-o", "jsonpath={.status.nodeInfo.bootID}");
    }

    /** First processes of hosts have their host's folder in their command line. */
    private static List<String> processesNaming(String folder) {
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains("/" + NAME + "/" + folder))
                .toList();
    }

    private static List<Path> groups() throws IOException {
        try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
            return Stream.concat(
                            Stream.of(Path.of("/sys/fs/cgroup").resolve(NAME)),
                            hierarchies.map(hierarchy -> hierarchy.resolve(NAME)))
                    .filter(Files::exists)
                    .toList();
        }
    }
}
