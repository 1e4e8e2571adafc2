package dev.lunaria.node.cluster;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;

/** The kernel's own configfs, where it has o2cb and no cluster yet: in a lab host. */
final class KernelConfigTreeIT extends ConfigTreeContract {
    private final KernelConfigTree tree = new KernelConfigTree(O2cb.CLUSTERS);

    @BeforeEach
    void kernelHasO2cb() throws IOException {
        assumeTrue(
                Files.isDirectory(O2cb.CLUSTERS),
                "this kernel has no o2cb, or ocfs2_nodemanager isn't loaded");
        assumeTrue(tree.items("").isEmpty(), "this kernel is in a cluster already");
    }

    @Override
    ConfigTree tree() {
        return tree;
    }
}
