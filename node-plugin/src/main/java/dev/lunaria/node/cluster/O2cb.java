package dev.lunaria.node.cluster;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.format.Child;
import dev.lunaria.node.format.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster stack o2cb of this kernel, driven through configfs (Linux fs/ocfs2/cluster,
 * fs/ocfs2/stackglue.c). For one thread at a time; keeps nothing, as the kernel does.
 */
final class O2cb {
    private static final Logger log = LoggerFactory.getLogger(O2cb.class);
    private static final Tool HB_CTL = new Tool("ocfs2_hb_ctl", "ocfs2-tools");

    /** A heartbeat is steady after some beats. */
    private static final Duration START = Duration.ofSeconds(60);

    /** Where the kernel has clusters. */
    static final Path CLUSTERS = StackGlue.CONFIGFS.resolve("cluster");

    private final Loading kernel;
    private final ConfigTree tree;
    private final String cluster;

    /** The kernel's stack, for a cluster of that name. */
    static O2cb ofKernel(Path hostRoot, String cluster) {
        return new O2cb(new StackGlue(hostRoot), new KernelConfigTree(CLUSTERS), cluster);
    }

    /** How the kernel is made ready. */
    interface Loading {
        void load() throws IOException;
    }

    O2cb(Loading kernel, ConfigTree tree, String cluster) {
        this.kernel = kernel;
        this.tree = tree;
        this.cluster = cluster;
    }

    /**
     * Has the kernel ready for a cluster.
     *
     * @throws NodeFailure PRECONDITION where it can't be
     */
    void load() throws IOException {
        kernel.load();
    }

    /**
     * Makes the cluster with its times.
     *
     * @throws NodeFailure PRECONDITION where the kernel is in another cluster, as it can be in one
     *     alone, or where it goes on with other times
     */
    void configure(ClusterTimeouts timeouts) throws IOException {
        for (String other : tree.items("")) {
            if (!other.equals(cluster)) {
                throw NodeFailure.precondition(
                        ("this host is a member of the o2cb cluster '%s' already, and a kernel can be in one alone;"
                                        + " unmount its filesystems and stop its o2cb service, or turn shared"
                                        + " filesystems off on this node")
                                .formatted(other));
            }
        }
        tree.make(cluster);
        for (Map.Entry<String, String> attribute : timeouts.attributes().entrySet()) {
            set(cluster + "/" + attribute.getKey(), attribute.getValue());
        }
    }

    /** The kernel changes times only while nothing is mounted, and doesn't always say so. */
    private void set(String path, String value) throws IOException {
        if (tree.read(path).equals(value)) {
            return;
        }
        String why = "";
        try {
            tree.write(path, value);
        } catch (IOException e) {
            why = " (" + e.getMessage() + ")";
        }
        String now = tree.read(path);
        if (!now.equals(value)) {
            throw NodeFailure.precondition(
                    "%s is %s and is to be %s, which the kernel takes only when no shared filesystem is mounted on this node%s: move the pods that use one away, and back when all nodes have the new value"
                            .formatted(path, now, value, why));
        }
    }

    /** The entries of members, as the kernel has them. */
    Map<String, MembershipPlan.Entry> members() throws IOException {
        Map<String, MembershipPlan.Entry> members = new TreeMap<>();
        for (String name : tree.items(cluster + "/node")) {
            String entry = cluster + "/node/" + name + "/";
            members.put(
                    name,
                    new MembershipPlan.Entry(
                            tree.read(entry + "num"),
                            tree.read(entry + "ipv4_address"),
                            tree.read(entry + "ipv4_port"),
                            tree.read(entry + "local").equals("1")));
        }
        return members;
    }

    /** Takes a step. */
    void take(MembershipPlan.Step step) throws IOException {
        switch (step) {
            case MembershipPlan.Step.Forget(String entry) -> {
                tree.remove(cluster + "/node/" + entry);
                log.atInfo().addKeyValue("entry", entry).log("a member was forgotten");
            }
            case MembershipPlan.Step.Learn(Member member, boolean local) -> {
                String entry = cluster + "/node/" + member.entry();
                tree.make(entry);
                // In this order: with its number it can be found, and is connected to.
                tree.write(entry + "/ipv4_port", Integer.toString(Member.PORT));
                tree.write(entry + "/ipv4_address", member.address());
                tree.write(entry + "/num", Integer.toString(member.number()));
                if (local) {
                    tree.write(entry + "/local", "1");
                }
                log.atInfo()
                        .addKeyValue("member", member.node())
                        .addKeyValue("number", member.number())
                        .addKeyValue("address", member.address())
                        .addKeyValue("local", local)
                        .log("a member was learned");
            }
        }
    }

    /** Starts a heartbeat: the tool finds on the disk where heartbeats are written. */
    static void startHeartbeat(Path device) {
        Child.Result result =
                Child.run(START, HB_CTL, List.of("-S", "-d", device.toString(), "lunaria"));
        if (result.exitCode() != 0) {
            throw new NodeFailure(
                    NodeFailure.Kind.UNAVAILABLE,
                    "the heartbeat on %s can't be started; repeat: ocfs2_hb_ctl ended with %d: %s"
                            .formatted(device, result.exitCode(), result.output()));
        }
    }
}
