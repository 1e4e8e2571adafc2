package dev.lunaria.images;

import dev.lunaria.images.ImageBuild.Image;
import dev.lunaria.images.ImageBuild.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind deploy/images/build. */
@Command(
        name = "lunaria-images",
        mixinStandardHelpOptions = true,
        description = "Makes Lunaria's container images out of the built programs.")
final class Main implements Callable<Integer> {
    private static final int FAILED = 1;

    @Option(names = "--project", required = true, description = "The project's folder.")
    private Path project = Path.of(".");

    @Option(
            names = "--project-version",
            required = true,
            description = "Its version, the tag of the images.")
    private String version = "";

    @Option(names = "--time", required = true, description = "Time of all files, ISO 8601.")
    private String time = "";

    @Option(names = "--cache", required = true, description = "Where downloaded packages are kept.")
    private Path cache = Path.of(".");

    @Option(
            names = "--mirror",
            defaultValue = "http://deb.debian.org",
            description = "Debian's servers; default: ${DEFAULT-VALUE}")
    private String mirror = "";

    @Option(
            names = "--arch",
            split = ",",
            description = "amd64, arm64 or both with a comma; default: this machine's.")
    private List<String> architectures = new ArrayList<>();

    @Option(
            names = "--repository",
            defaultValue = "lunaria.dev",
            description = "What the images' names begin with; default: ${DEFAULT-VALUE}")
    private String repository = "";

    @Option(names = "--output", required = true, description = "Where the images are put.")
    private Path output = Path.of(".");

    @Option(names = "--no-aot", description = "Leave the AOT caches out.")
    private boolean withoutAotCache;

    private final PrintStream out = System.out;

    private Main() {}

    /**
     * Runs it: exit code 0, 1 where no images were made or they are too large, 2 for a wrong use.
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs it in this process: the exit code. */
    static int run(String... arguments) {
        return new CommandLine(new Main()).execute(arguments);
    }

    @Override
    public Integer call() throws IOException {
        try {
            make();
            return 0;
        } catch (BuildFailure e) {
            System.err.println(e.getMessage());
            return FAILED;
        }
    }

    private void make() throws IOException, BuildFailure {
        Path recipe = project.resolve("deploy/images");
        PackageLock lock = PackageLock.read(recipe.resolve("packages.lock"));
        var root =
                new RootFilesystem(
                        Contents.read(recipe.resolve("contents")),
                        new PackageCache(cache, PackageCache.servers(mirror, lock), lock, out),
                        recipe.resolve("root"));
        Files.createDirectories(output);
        List<Image> images = new ArrayList<>();
        for (Architecture architecture : chosen()) {
            // A JVM runs on the processor that it is for: no training of others' caches.
            boolean aotCache = !withoutAotCache && architecture == Architecture.ofThisMachine();
            out.println(
                    "%s%s".formatted(architecture.label(), aotCache ? "" : ", without AOT caches"));
            var settings =
                    new Settings(
                            project, version, repository, Instant.parse(time), output, aotCache);
            images.addAll(make(settings, architecture, root));
        }
        SizeTable.print(images, out);
        List<String> digests = new ArrayList<>();
        for (Image image : images) {
            for (var layer : image.layers()) {
                digests.add(
                        "%s %s %s sha256:%s"
                                .formatted(
                                        image.spec().name(),
                                        image.architecture().label(),
                                        layer.title().replace(' ', '-'),
                                        layer.digest()));
            }
            digests.add(
                    "%s %s image sha256:%s"
                            .formatted(
                                    image.spec().name(),
                                    image.architecture().label(),
                                    image.digest()));
        }
        Files.write(output.resolve("digests"), digests);
        SizeTable.check(images);
    }

    private List<Image> make(Settings settings, Architecture architecture, RootFilesystem root)
            throws IOException, BuildFailure {
        Path work = Files.createTempDirectory(output, "work");
        try {
            return new ImageBuild(settings, architecture, root, work, out).run();
        } finally {
            remove(work);
        }
    }

    private Set<Architecture> chosen() throws BuildFailure {
        Set<Architecture> chosen = new LinkedHashSet<>();
        for (String name : architectures) {
            try {
                chosen.add(Architecture.valueOf(name.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new BuildFailure("no images for " + name + ": amd64 and arm64 there are", e);
            }
        }
        return chosen.isEmpty() ? Set.of(Architecture.ofThisMachine()) : chosen;
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
