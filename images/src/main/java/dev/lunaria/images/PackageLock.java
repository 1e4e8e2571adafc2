package dev.lunaria.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which file of Debian's archive each package is, with its SHA-256: {@code
 * deploy/images/packages.lock}. Immutable.
 *
 * @param taken when the archive held these files, as snapshot.debian.org writes it
 */
record PackageLock(String taken, List<LockedPackage> packages) {
    private static final Pattern TAKEN = Pattern.compile("\\b(\\d{8}T\\d{6}Z)\\b");

    /**
     * A file of the archive.
     *
     * @param archive "debian" or "debian-security"
     * @param path in that archive
     */
    record LockedPackage(
            Architecture architecture, String archive, String path, long bytes, String sha256) {

        /** The file's own name, {@code name_version_architecture.deb}. */
        String file() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        /** The package's name. */
        String name() {
            return file().substring(0, file().indexOf('_'));
        }
    }

    /** Reads the file. */
    static PackageLock read(Path file) throws IOException, BuildFailure {
        List<String> lines = Files.readAllLines(file);
        Matcher taken = TAKEN.matcher(lines.isEmpty() ? "" : lines.getFirst());
        if (!taken.find()) {
            throw new BuildFailure(
                    file + " doesn't begin with its time; write it by update-packages");
        }
        List<LockedPackage> packages =
                lines.stream()
                        .filter(line -> !line.startsWith("#"))
                        .map(PackageLock::parse)
                        .toList();
        return new PackageLock(taken.group(1), packages);
    }

    private static LockedPackage parse(String line) {
        String[] words = line.split(" ", -1);
        Architecture architecture =
                words[0].equals(Architecture.ARM64.label())
                        ? Architecture.ARM64
                        : Architecture.AMD64;
        return new LockedPackage(
                architecture, words[1], words[2], Long.parseLong(words[3]), words[4]);
    }

    /**
     * One package.
     *
     * @throws BuildFailure where the lock doesn't have it
     */
    LockedPackage find(String name, Architecture architecture) throws BuildFailure {
        return packages.stream()
                .filter(locked -> locked.architecture() == architecture)
                .filter(locked -> locked.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new BuildFailure(
                                "packages.lock has no %s for %s; run deploy/images/update-packages"
                                        .formatted(name, architecture.label())));
    }
}
