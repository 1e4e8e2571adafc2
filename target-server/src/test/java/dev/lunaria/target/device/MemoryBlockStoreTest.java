package dev.lunaria.target.device;

import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.BlockStoreContract;

/** The store in memory keeps what the real one promises. */
class MemoryBlockStoreTest extends BlockStoreContract {
    @Override
    protected BlockStore store() {
        return new MemoryBlockStore(SIZE);
    }
}
