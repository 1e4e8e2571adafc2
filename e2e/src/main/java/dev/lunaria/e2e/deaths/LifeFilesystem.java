package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.linux.Processes;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The filesystem of a volume's life, and how it is examined. */
enum LifeFilesystem {
    EXT4("ext4", Orchestrator.EXT4_ON_ONE_NODE),
    XFS("xfs", Orchestrator.XFS_ON_ONE_NODE);

    private final String type;
    private final VolumeCapability capability;

    LifeFilesystem(String type, VolumeCapability capability) {
        this.type = type;
        this.capability = capability;
    }

    /** Its name in CSI. */
    String type() {
        return type;
    }

    VolumeCapability capability() {
        return capability;
    }

    /** Whether it may grow under a pod here; else it grows when the volume is staged again. */
    boolean growsMounted() throws IOException {
        return switch (this) {
            case XFS -> true;
            case EXT4 -> Processes.hasCapability(Processes.CAP_SYS_RESOURCE);
        };
    }

    /** Sees that a LUN's file, unmounted in order by now, holds a filesystem without errors. */
    void examine(Path file) throws IOException, InterruptedException {
        List<String> command =
                switch (this) {
                    case EXT4 -> List.of("e2fsck", "-f", "-n", file.toString());
                    case XFS -> List.of("xfs_repair", "-n", "-f", file.toString());
                };
        Process fsck = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(fsck.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        check(fsck.waitFor() == 0, command.getFirst() + " says:\n" + out);
    }

    @Override
    public String toString() {
        return type;
    }
}
