package dev.lunaria.images;

import dev.lunaria.images.ImageSpec.Program;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes all images for one processor. Of one thread; layers that images share are made once.
 *
 * <p>The order of layers is that of how seldom they change: root filesystem, runtime, tools,
 * libraries, application, AOT cache.
 */
final class ImageBuild {
    /** The title of the layer whose bytes are others in each build. */
    static final String AOT_CACHE = "AOT cache";

    private static final String SBOM = "usr/share/doc/lunaria/sbom.cdx.json";

    private final Settings settings;
    private final Architecture architecture;
    private final RootFilesystem root;
    private final ProgramFiles programs;
    private final Path work;
    private final PrintStream out;
    private final Map<String, Tree> sharedTrees = new LinkedHashMap<>();
    private final Map<String, Layer> sharedLayers = new LinkedHashMap<>();

    /**
     * What a build is told.
     *
     * @param project the project's folder
     * @param version of the project, and tag of the images
     * @param repository what the images' names begin with, "lunaria.dev"
     * @param time of all files, and of the images
     * @param output where the images are put
     * @param aotCache whether they get AOT caches
     */
    record Settings(
            Path project,
            String version,
            String repository,
            Instant time,
            Path output,
            boolean aotCache) {}

    /** An image that was made. */
    record Image(
            ImageSpec spec,
            Architecture architecture,
            Path file,
            String digest,
            List<Layer> layers) {
        /** The sum of its packed layers. */
        long bytes() {
            return layers.stream().mapToLong(Layer::bytes).sum();
        }
    }

    /**
     * @param work an empty folder for what is made on the way
     * @param out told of what takes long
     */
    ImageBuild(
            Settings settings,
            Architecture architecture,
            RootFilesystem root,
            Path work,
            PrintStream out) {
        this.settings = settings;
        this.architecture = architecture;
        this.root = root;
        this.programs = new ProgramFiles(settings.project(), settings.version());
        this.work = work;
        this.out = out;
    }

    /** Makes them all. */
    List<Image> run() throws IOException, BuildFailure {
        List<ImageSpec> specs = ImageSpec.all();
        // What all programs use is one layer of three images.
        List<Program> all = specs.stream().flatMap(spec -> spec.programs().stream()).toList();
        out.println("  root filesystem and runtime");
        shared("base", root.layer("base", architecture));
        shared("tools", root.layer("tools", architecture));
        shared("runtime", root.runtime(architecture, work));
        shared("libraries", programs.libraries(all, architecture));
        List<Image> images = new ArrayList<>();
        for (ImageSpec spec : specs) {
            images.add(image(spec));
        }
        return images;
    }

    private void shared(String name, Tree tree) throws IOException {
        sharedTrees.put(name, tree);
        sharedLayers.put(name, Layer.write(name, tree, settings.time(), work));
    }

    private Image image(ImageSpec spec) throws IOException, BuildFailure {
        out.println("  " + spec.name());
        List<String> shared = new ArrayList<>(List.of("base", "runtime"));
        spec.rootLayers().stream().filter(name -> !shared.contains(name)).forEach(shared::add);
        shared.add("libraries");
        String sbom = sbom(spec, shared);
        Tree application = programs.application(spec.programs()).putText(SBOM, sbom);

        List<Tree> trees = new ArrayList<>(shared.stream().map(this::tree).toList());
        Tree more = programs.moreLibraries(spec.programs(), tree("libraries"));
        trees.add(more);
        trees.add(application);
        SharedLibraries.check(spec.name(), trees);
        List<Layer> layers = new ArrayList<>(shared.stream().map(this::layer).toList());
        if (!more.nodes().isEmpty()) {
            layers.add(Layer.write("more libraries", more, settings.time(), work));
        }
        layers.add(Layer.write("application", application, settings.time(), work));
        if (settings.aotCache()) {
            layers.add(Layer.write(AOT_CACHE, aotCache(spec, trees), settings.time(), work));
        }

        String base = spec.name() + "-" + architecture.label();
        Files.writeString(settings.output().resolve(base + ".cdx.json"), sbom);
        Path file = settings.output().resolve(base + ".tar");
        String reference =
                "%s/%s:%s".formatted(settings.repository(), spec.name(), settings.version());
        String digest =
                new OciArchive(spec, architecture, reference, settings.time()).write(layers, file);
        return new Image(spec, architecture, file, digest, List.copyOf(layers));
    }

    private Tree aotCache(ImageSpec spec, List<Tree> trees) throws IOException, BuildFailure {
        var caches = new Tree();
        try (var staged = new StagedRoot(work, settings.time())) {
            for (Tree tree : trees) {
                staged.add(tree);
            }
            for (Program program : spec.programs()) {
                caches.putAll(AotTraining.train(staged, program, programs.training(program), work));
            }
        }
        return caches;
    }

    private String sbom(ImageSpec spec, List<String> shared) throws IOException, BuildFailure {
        var sbom = new Sbom();
        Map<String, Path> jars = new TreeMap<>();
        for (Program program : spec.programs()) {
            String own = program.module() + "-" + settings.version() + ".jar";
            for (Path jar : programs.jars(program)) {
                jars.put("opt/lunaria/lib/" + jar.getFileName(), jar);
                if (jar.getFileName().toString().equals(own)) {
                    sbom.addProgram(programs.bom(program), jar);
                }
            }
        }
        sbom.locate(jars);
        for (String layer : shared) {
            for (DebianPackage debian : root.packages(layer, architecture)) {
                sbom.addPackage(debian, RootFilesystem.RELEASE);
            }
        }
        return sbom.document(spec, settings.version());
    }

    private Tree tree(String name) {
        Tree tree = sharedTrees.get(name);
        if (tree == null) {
            throw new IllegalStateException("no layer " + name);
        }
        return tree;
    }

    private Layer layer(String name) {
        Layer layer = sharedLayers.get(name);
        if (layer == null) {
            throw new IllegalStateException("no layer " + name);
        }
        return layer;
    }
}
