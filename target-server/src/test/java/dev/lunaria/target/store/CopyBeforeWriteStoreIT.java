package dev.lunaria.target.store;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The decorator is a store like any other, also while a copy of it is under way. */
class CopyBeforeWriteStoreIT extends BlockStoreContract {

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(4, 1024);

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    @Override
    protected BlockStore store() throws IOException {
        Path data = folder.resolve("data");
        Path copy = folder.resolve("copy");
        Descriptor source = sparse(data);
        Descriptor destination = sparse(copy);
        CopyBeforeWriteStore store =
                new CopyBeforeWriteStore(SparseFileStore.open(data, SIZE, threads));
        store.hold().join();
        store.attach(
                new ChunkedCopy(
                        new FileCopySource(source),
                        new FileCopyDestination(destination),
                        SIZE,
                        threads.blocking()));
        store.letGo();
        return store;
    }

    private static Descriptor sparse(Path path) throws IOException {
        Descriptor file = Descriptor.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
        FileControl.truncate(file, SIZE);
        return file;
    }
}
