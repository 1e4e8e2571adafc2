package dev.lunaria.target;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Snapshots, clones and imports in a pool on a real ext4. */
class SnapshotsOnExt4IT extends SnapshotsContract {

    private @Nullable MountedImage mounted;

    @Override
    Path folder(Path temporary) throws Exception {
        MountedImage image = MountedImage.mount(temporary, "ext4");
        mounted = image;
        return image.folder();
    }

    @Override
    boolean reflinks() {
        return false;
    }

    @Override
    void release() throws Exception {
        if (mounted != null) {
            mounted.close();
        }
    }
}
