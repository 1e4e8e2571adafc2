package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What o2cb's configfs does, in a kernel and in the fake: on it rests all that is tested here. */
abstract class ConfigTreeContract {
    private static final String CLUSTER = "lunariatest";
    private static final String NODES = CLUSTER + "/node/";

    /** Without any cluster. */
    abstract ConfigTree tree();

    private void learn(String entry, String number, String address) throws IOException {
        tree().make(NODES + entry);
        tree().write(NODES + entry + "/ipv4_port", "7777");
        tree().write(NODES + entry + "/ipv4_address", address);
        tree().write(NODES + entry + "/num", number);
    }

    @AfterEach
    void clean() throws IOException {
        for (String entry : tree().items(CLUSTER + "/node")) {
            tree().remove(NODES + entry);
        }
        tree().remove(CLUSTER);
        assertThat(tree().items("")).isEmpty();
    }

    @Test
    void aClusterComesWithItsTimesAndTakesOthers() throws IOException {
        tree().make(CLUSTER);
        tree().make(CLUSTER);

        assertThat(tree().items("")).containsExactly(CLUSTER);
        assertThat(tree().read(CLUSTER + "/heartbeat/dead_threshold")).isEqualTo("31");
        for (var attribute : new ClusterTimeouts(ClusterTimeouts.USUAL).attributes().entrySet()) {
            tree().write(CLUSTER + "/" + attribute.getKey(), attribute.getValue());
            assertThat(tree().read(CLUSTER + "/" + attribute.getKey()))
                    .isEqualTo(attribute.getValue());
        }
    }

    @Test
    void aKernelIsInOneClusterAlone() throws IOException {
        tree().make(CLUSTER);
        assertThatIOException().isThrownBy(() -> tree().make("another"));
    }

    @Test
    void anEntryHasANumberAfterItsAddressAndAlone() throws IOException {
        tree().make(CLUSTER);
        tree().make(NODES + "half");
        assertThat(tree().read(NODES + "half/num")).isEqualTo("255");
        assertThatIOException().isThrownBy(() -> tree().write(NODES + "half/num", "1"));
        tree().remove(NODES + "half");

        learn("n1", "1", "127.0.0.1");
        learn("n254", "254", "127.0.0.2");
        assertThat(tree().items(CLUSTER + "/node")).containsExactly("n1", "n254");
        assertThat(tree().read(NODES + "n254/ipv4_address")).isEqualTo("127.0.0.2");
        assertThat(tree().read(NODES + "n254/local")).isEqualTo("0");
        assertThatIOException().isThrownBy(() -> learn("other", "1", "127.0.0.3"));
    }

    @Test
    void thisNodesEntrySaysSo() throws IOException {
        tree().make(CLUSTER);
        learn("n1", "1", "127.0.0.1");
        tree().write(NODES + "n1/local", "1");

        assertThat(tree().read(NODES + "n1/local")).isEqualTo("1");
    }

    @Test
    void whatIsntThereIsRemovedAndListedAsNothing() throws IOException {
        tree().remove(CLUSTER);
        assertThat(tree().items(CLUSTER + "/node")).isEmpty();
    }
}
