package dev.lunaria.target.device;

import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.BlockStoreContract;

/** The unit's fake store does as the real one. */
class MemoryBlockStoreTest extends BlockStoreContract {

    @Override
    protected BlockStore store() {
        return new MemoryBlockStore(SIZE);
    }
}
