package dev.lunaria.images;

import dev.lunaria.images.Node.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks that an image has every shared library that its programs need. Stateless. */
final class SharedLibraries {
    /** As many bytes as tell that a file is an ELF file. */
    private static final int ELF_MAGIC_BYTES = 4;

    private SharedLibraries() {}

    /**
     * Looks into all files of an image.
     *
     * @throws BuildFailure with what is missing, and for whom
     */
    static void check(String image, List<Tree> layers) throws IOException, BuildFailure {
        Set<String> there = new HashSet<>();
        for (Tree layer : layers) {
            layer.nodes()
                    .keySet()
                    .forEach(path -> there.add(path.substring(path.lastIndexOf('/') + 1)));
        }
        List<String> missing = new ArrayList<>();
        for (Tree layer : layers) {
            for (var entry : layer.nodes().entrySet()) {
                if (entry.getValue() instanceof File file) {
                    for (String library : needed(file)) {
                        if (!there.contains(library)) {
                            missing.add(library + " for /" + entry.getKey());
                        }
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new BuildFailure(
                    "%s lacks %s: name its package in deploy/images/contents"
                            .formatted(image, String.join(", ", missing)));
        }
    }

    private static List<String> needed(File file) throws IOException {
        try (InputStream in = file.content().open()) {
            byte[] beginning = in.readNBytes(ELF_MAGIC_BYTES);
            if (beginning.length < ELF_MAGIC_BYTES || beginning[0] != 0x7f || beginning[1] != 'E') {
                return List.of();
            }
        }
        try (InputStream in = file.content().open()) {
            return ElfFile.needed(in.readAllBytes());
        }
    }
}
