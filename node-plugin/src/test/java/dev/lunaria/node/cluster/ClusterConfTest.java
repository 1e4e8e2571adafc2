package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** cluster.conf(5), and that an administrator's own is left alone. */
final class ClusterConfTest {
    @TempDir Path folder;

    private static String text() {
        return ClusterConf.text(
                "l0123",
                List.of(
                        new Member("b", 2, "10.0.0.2", false),
                        new Member("a", 1, "10.0.0.1", true)));
    }

    @Test
    void stanzasAreAsTheToolsReadThem() {
        assertThat(text())
                .isEqualTo(
                        """
                        # Written by Lunaria, and again at each change.
                        cluster:
                        \tnode_count = 2
                        \tname = l0123

                        node:
                        \tip_port = 7777
                        \tip_address = 10.0.0.1
                        \tnumber = 1
                        \tname = n1
                        \tcluster = l0123

                        node:
                        \tip_port = 7777
                        \tip_address = 10.0.0.2
                        \tnumber = 2
                        \tname = n2
                        \tcluster = l0123
                        """);
    }

    @Test
    void itIsWrittenAndWrittenAgain() throws IOException {
        Path file = folder.resolve("ocfs2/cluster.conf");
        assertThat(ClusterConf.write(file, text())).isTrue();
        assertThat(ClusterConf.write(file, text() + "\n")).isTrue();
        assertThat(file).hasContent(text() + "\n");
    }

    @Test
    void anAdministratorsOwnIsLeftAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("cluster.conf"), "cluster:\n\tname = mine\n");
        assertThat(ClusterConf.write(file, text())).isFalse();
        assertThat(file).hasContent("cluster:\n\tname = mine\n");
    }

    /** OCFS2_CLUSTER_NAME_LEN, letters and digits. */
    @Test
    void aClustersNameIsShortAndItsOwn() {
        assertThat(ClusterName.of("prod"))
                .matches("[a-z0-9]{16}")
                .isEqualTo(ClusterName.of("prod"));
        assertThat(ClusterName.of("prod")).isNotEqualTo(ClusterName.of("test"));
    }
}
