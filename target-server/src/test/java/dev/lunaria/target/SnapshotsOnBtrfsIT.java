package dev.lunaria.target;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Snapshots, clones and imports in a pool on a real btrfs. */
class SnapshotsOnBtrfsIT extends SnapshotsContract {

    private @Nullable MountedImage mounted;

    @Override
    Path folder(Path temporary) throws Exception {
        MountedImage image = MountedImage.mount(temporary, "btrfs");
        mounted = image;
        return image.folder();
    }

    @Override
    boolean reflinks() {
        return true;
    }

    @Override
    void release() throws Exception {
        if (mounted != null) {
            mounted.close();
        }
    }
}
