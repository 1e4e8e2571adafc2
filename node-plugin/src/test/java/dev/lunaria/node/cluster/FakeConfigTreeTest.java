package dev.lunaria.node.cluster;

/** The fake, by the contract of the kernel's. */
final class FakeConfigTreeTest extends ConfigTreeContract {
    private final FakeConfigTree tree = new FakeConfigTree();

    @Override
    ConfigTree tree() {
        return tree;
    }
}
