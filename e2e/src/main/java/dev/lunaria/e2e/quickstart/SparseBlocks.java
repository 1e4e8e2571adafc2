package dev.lunaria.e2e.quickstart;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The blocks of a sparse file that hold data; what is a hole isn't looked at. */
final class SparseBlocks {
    private SparseBlocks() {}

    /** Offsets in bytes, ascending, of all blocks that touch data. */
    static List<Long> of(FileChannel channel, Path path, int block) throws IOException {
        List<Long> offsets = new ArrayList<>();
        long size = channel.size();
        try (Descriptor file = Descriptor.open(path, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC, 0)) {
            long data = FileControl.seekData(file, 0);
            while (data != FileControl.NO_MORE_DATA && data < size) {
                long hole = FileControl.seekHole(file, data);
                for (long at = data - data % block; at < hole; at += block) {
                    offsets.add(at);
                }
                data = hole < size ? FileControl.seekData(file, hole) : FileControl.NO_MORE_DATA;
            }
        }
        return offsets;
    }
}
