package dev.lunaria.node.kernel;

import dev.lunaria.linux.KernelModules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether the kernel of this host can mount OCFS2 with the cluster stack that is in the kernel
 * (o2cb): what it needs is part of it, loaded, or there to be loaded. Stateless, any thread; reads
 * some small files, and two of some hundred KiB.
 */
public final class Ocfs2Modules {
    private static final String FILESYSTEM = "ocfs2";
    private static final String STACK = "ocfs2_stack_o2cb";

    private final Path root;
    private final String release;

    /**
     * For the kernel that runs.
     *
     * @param root where the host's {@code /proc}, {@code /sys} and {@code /lib/modules} are
     */
    public Ocfs2Modules(Path root) {
        this.root = root;
        this.release = release(root);
    }

    private static String release(Path root) {
        try {
            return Files.readString(root.resolve("proc/sys/kernel/osrelease")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Names of the modules that aren't there; empty: the kernel can. */
    public List<String> missing() {
        var missing = new ArrayList<String>();
        if (!isFilesystemKnown() && !isAvailable(FILESYSTEM)) {
            missing.add(FILESYSTEM);
        }
        // Appears with the part of the stack that knows the nodes.
        if (!Files.isDirectory(root.resolve("sys/fs/o2cb")) && !isAvailable(STACK)) {
            missing.add(STACK);
        }
        return missing;
    }

    /** See proc_filesystems(5): lines like {@code nodev\tproc}, or with a tab alone before it. */
    private boolean isFilesystemKnown() {
        return lines(root.resolve("proc/filesystems"))
                .anyMatch(line -> line.substring(line.indexOf('\t') + 1).equals(FILESYSTEM));
    }

    private boolean isAvailable(String module) {
        try {
            return !release.isEmpty()
                    && KernelModules.has(root.resolve("lib/modules").resolve(release), module);
        } catch (IOException e) {
            return false;
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }
}
