package dev.lunaria.node.cluster;

import dev.lunaria.linux.KernelModules;
import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What makes this kernel ready for o2cb: its modules, configfs, and that OCFS2 uses this stack and
 * no other (Linux fs/ocfs2/stackglue.c). For one thread at a time; repeats nothing that is done.
 */
final class StackGlue implements O2cb.Loading {
    /** Where the tools look for it. */
    static final Path CONFIGFS = Path.of("/sys/kernel/config");

    private static final Path STACK = Path.of("/sys/fs/ocfs2/cluster_stack");
    private static final String O2CB = "o2cb";

    /** Each brings what it depends on. */
    private static final List<String> MODULES =
            List.of("configfs", "ocfs2_nodemanager", "ocfs2", "ocfs2_stack_o2cb");

    private final Path hostRoot;

    /**
     * @param hostRoot below which the kernel's modules are
     */
    StackGlue(Path hostRoot) {
        this.hostRoot = hostRoot;
    }

    @Override
    public void load() throws IOException {
        for (String module : MODULES) {
            if (!KernelModules.isLoaded(module)) {
                load(module);
            }
        }
        if (!Files.isDirectory(O2cb.CLUSTERS)) {
            Mounts.mount("configfs", CONFIGFS, "configfs", 0, "");
        }
        String stack = Files.readString(STACK).strip();
        if (!stack.equals(O2CB)) {
            choose(stack);
        }
    }

    private void load(String module) {
        try {
            KernelModules.of(hostRoot).load(module);
        } catch (IOException e) {
            throw new NodeFailure(
                    Kind.PRECONDITION,
                    ("shared filesystems (OCFS2) can't be mounted on this node, as its kernel doesn't load the module %s:"
                                    + " %s. Keep their pods on nodes whose kernel has it, and turn them off on this one")
                            .formatted(module, e.getMessage()),
                    e);
        }
    }

    private static void choose(String instead) {
        try {
            Files.writeString(STACK, O2CB, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new NodeFailure(
                    Kind.PRECONDITION,
                    "OCFS2 uses the cluster stack '%s' on this host and can't be given o2cb (%s); unmount what uses the other"
                            .formatted(instead, e.getMessage()),
                    e);
        }
    }
}
