package dev.lunaria.bench.server;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers what a measurement lacks on this machine, so that it can say so in one line. */
public final class Requirements {
    private final List<String> lacking = new ArrayList<>();

    /** Programs on the PATH, or with their whole path. */
    public Requirements programs(String... names) {
        for (String name : names) {
            if (onPath(name) == null) {
                lacking.add(name + " is not installed");
            }
        }
        return this;
    }

    private static @Nullable Path onPath(String name) {
        if (name.startsWith("/")) {
            return Files.isExecutable(Path.of(name)) ? Path.of(name) : null;
        }
        for (String folder : String.valueOf(System.getenv("PATH")).split(":", -1)) {
            Path candidate = Path.of(folder, name);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    /** The project's own programs. */
    public Requirements builtPrograms() {
        if (Distribution.find().isEmpty()) {
            lacking.add("the programs aren't built: ./mvnw -DskipTests package");
        }
        return this;
    }

    /** Root, for mounts and loop devices. */
    public Requirements root() {
        if (Processes.effectiveUserId() != 0) {
            lacking.add("it needs root, for mounts and loop devices");
        }
        return this;
    }

    /** A device of the kernel. */
    public Requirements device(Path path) {
        if (!Files.exists(path)) {
            lacking.add(path + " is missing");
        }
        return this;
    }

    /** Free space on the filesystem on which that folder would be. */
    public Requirements space(Path folder, long bytes) {
        Path there = folder.toAbsolutePath();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        try {
            long free = Files.getFileStore(there).getUsableSpace();
            if (free < bytes) {
                lacking.add(
                        "%s has %d MiB free of the %d that are needed"
                                .formatted(there, free >> 20, bytes >> 20));
            }
        } catch (IOException e) {
            lacking.add("the space at " + there + " is not known: " + e.getMessage());
        }
        return this;
    }

    /** Whether nothing is missing. */
    public boolean met() {
        return lacking.isEmpty();
    }

    /** What is missing, in one line. */
    @Override
    public String toString() {
        return String.join("; ", lacking);
    }
}
