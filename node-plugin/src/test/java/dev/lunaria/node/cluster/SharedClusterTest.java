package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.registration.Joining;
import dev.lunaria.node.registration.NodeIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's kernel is kept in agreement with the registry, and a node that can't says why. */
final class SharedClusterTest {
    private static final Member A = new Member("a", 1, "10.0.0.1", false);
    private static final Member B = new Member("b", 2, "10.0.0.2", false);
    private static final String CLUSTER = ClusterName.of("prod");

    @TempDir private Path folder;

    private final FakeConfigTree tree = new FakeConfigTree();
    private final AtomicInteger askedAgain = new AtomicInteger();
    private O2cb.Loading kernel = () -> {};
    private String refusal = "";
    private SharedCluster cluster = start(ClusterTimeouts.USUAL, Path.of("/nowhere"));

    private final class Controller implements Joining {
        @Override
        public String refusal() {
            return refusal;
        }

        @Override
        public void again() {
            askedAgain.incrementAndGet();
        }
    }

    @BeforeEach
    void start() {
        restart(ClusterTimeouts.USUAL);
    }

    private void restart(Duration outage) {
        cluster.close();
        cluster = start(outage, folder.resolve("cluster.conf"));
    }

    private SharedCluster start(Duration outage, Path clusterConf) {
        return new SharedCluster(
                () -> new NodeIdentity("a", "prod", "iqn.2026-11.dev.lunaria:a"),
                new Controller(),
                new Heartbeats(tree),
                new ClusterTimeouts(outage),
                name -> new O2cb(() -> kernel.load(), tree, name),
                clusterConf);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void assertRefused(Kind kind, String message) {
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(cluster::require)
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void theKernelLearnsAllMembersAndOfThoseThatCome() throws IOException {
        assertRefused(Kind.UNAVAILABLE, "hasn't told yet");
        cluster.told(List.of(A));
        cluster.require();
        assertThat(tree.read(CLUSTER + "/node/n1/local")).isEqualTo("1");
        assertThat(tree.read(CLUSTER + "/heartbeat/dead_threshold")).isEqualTo("66");

        cluster.told(List.of(A, B));
        cluster.require();
        assertThat(tree.items(CLUSTER + "/node")).containsExactly("n1", "n2");
        assertThat(folder.resolve("cluster.conf")).content().contains("10.0.0.2");
    }

    /** The kernel keeps the entry of whom it shares something with. */
    @Test
    void whatTheKernelKeepsIsTriedAgainAndHoldsUpNobody() throws IOException {
        cluster.told(List.of(A, B));
        cluster.require();
        tree.mount("R");
        cluster.told(List.of(A));
        cluster.require();
        assertThat(tree.items(CLUSTER + "/node")).containsExactly("n1", "n2");

        tree.unmount("R");
        cluster.told(List.of(A));
        cluster.require();
        assertThat(tree.items(CLUSTER + "/node")).containsExactly("n1");
    }

    @Test
    void aNodeWithoutTheModuleSaysWhichOne() {
        kernel =
                () -> {
                    throw NodeFailure.precondition("the kernel module ocfs2 can't be loaded");
                };
        cluster.told(List.of(A));
        assertRefused(Kind.PRECONDITION, "kernel module ocfs2");
        kernel = () -> {};
        cluster.require();
    }

    @Test
    void anO2cbOfTheHostsOwnExcludesOurs() throws IOException {
        tree.make("theirs");
        cluster.told(List.of(A));
        assertRefused(Kind.PRECONDITION, "'theirs'");
    }

    /** One that is away for long loses its number, and asks for another. */
    @Test
    void aNodeThatIsNoMemberAsksAgainAndSaysWhyItIsNone() {
        cluster.told(List.of(B));
        assertRefused(Kind.UNAVAILABLE, "doesn't have this node");
        assertThat(askedAgain.get()).isPositive();
        refusal = "254 nodes do already";
        assertRefused(Kind.PRECONDITION, "254 nodes");

        cluster.told(List.of(new Member("a", 1, "10.0.0.1", true)));
        assertRefused(Kind.PRECONDITION, "254 nodes");
    }

    /** Members with other times refuse each other, and nothing says so when they are set. */
    @Test
    void timesThatTheKernelDoesntTakeAreAPrecondition() throws IOException {
        cluster.told(List.of(A));
        cluster.require();
        tree.mount("R");
        restart(Duration.ofSeconds(60));
        cluster.told(List.of(A));
        assertRefused(Kind.PRECONDITION, "dead_threshold is 66 and is to be 36");

        tree.unmount("R");
        cluster.require();
        assertThat(tree.read(CLUSTER + "/heartbeat/dead_threshold")).isEqualTo("36");
    }

    /** What mount(2) says when a member doesn't know this node yet: seen in a lab. */
    @Test
    void aMountThatAMemberRefusesIsToBeRepeated() {
        var refused = new LinuxException("mount", Errno.ENOTCONN, "/dev/loop0");
        assertThat(SharedCluster.explained(refused, Path.of("/dev/loop0")))
                .isNotNull()
                .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE))
                .hasMessageContaining("7777");
    }
}
