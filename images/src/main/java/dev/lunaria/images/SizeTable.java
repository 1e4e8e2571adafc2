package dev.lunaria.images;

import dev.lunaria.images.ImageBuild.Image;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What was made, as a table for people. Stateless. A MB is a million bytes. */
final class SizeTable {
    private static final double MEGABYTE = 1e6;

    private SizeTable() {}

    /** Prints the images with the packed sizes of their layers. */
    static void print(List<Image> images, PrintStream out) {
        out.printf("%n%-20s %-6s %9s  %s%n", "image", "", "packed", "layers, MB");
        for (Image image : images) {
            String layers =
                    image.layers().stream()
                            .map(layer ->
                                    "%s %s".formatted(layer.title(), megabytes(layer.bytes())))
                            .collect(Collectors.joining(" · "));
            out.printf(
                    "%-20s %-6s %6s MB  %s%n",
                    image.spec().name(),
                    image.architecture().label(),
                    megabytes(image.bytes()),
                    layers);
        }
    }

    /**
     * Checks the sizes.
     *
     * @throws BuildFailure where an image is larger than it may be
     */
    static void check(List<Image> images) throws BuildFailure {
        for (Image image : images) {
            if (image.bytes() >= image.spec().budgetMegabytes() * MEGABYTE) {
                throw new BuildFailure(
                        "%s for %s has %s MB packed, and may have less than %d"
                                .formatted(
                                        image.spec().name(),
                                        image.architecture().label(),
                                        megabytes(image.bytes()),
                                        image.spec().budgetMegabytes()));
            }
        }
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / MEGABYTE);
    }
}
