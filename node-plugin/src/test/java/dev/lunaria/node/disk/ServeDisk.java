package dev.lunaria.node.disk;

import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.node.disk.session.DiskLoops;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A process that serves one disk until it is killed: prints the device, then waits for its input.
 */
final class ServeDisk {

    /** What the line with the device begins with, among lines of the log. */
    static final String ANSWER = "device ";

    private ServeDisk() {}

    public static void main(String[] arguments) throws IOException {
        Path path = Path.of(arguments[0]);
        try (FileBlockIo io = new FileBlockIo(Path.of(arguments[1]), 64 << 20, 512);
                DiskLoops loops = new DiskLoops();
                UserspaceDisk disk =
                        UserspaceDisk.open(path, io, FuseOptions.DEFAULT, loops.next())) {
            System.out.println(ANSWER + disk.device());
            int ignored = System.in.read();
        }
    }
}
