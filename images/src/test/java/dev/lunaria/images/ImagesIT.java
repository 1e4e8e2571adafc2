package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.images.ImageArchive.Placed;
import dev.lunaria.images.ImageSpec.Program;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The images that deploy/images/build makes, read back. Runs them nowhere: deploy/images/check
 * does.
 */
@Tag("long")
class ImagesIT {
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern POM_VERSION = Pattern.compile("<version>([^<]+)</version>");
    private static final Pattern TOOL = Pattern.compile("new Tool\\(\\s*\"([^\"]+)\"");
    private static final Instant TIME = Instant.parse("2026-11-22T00:00:00Z");
    private static final int NOT_FOR_OTHERS = 0022;
    private static final int SET_ID = 06000;

    @TempDir static Path output;
    private static final Map<String, ImageArchive> IMAGES = new LinkedHashMap<>();

    /** Without AOT caches: the rest of the image is the same, and made in a third of the time. */
    @BeforeAll
    static void make() throws IOException {
        for (ImageSpec spec : ImageSpec.all()) {
            for (Program program : spec.programs()) {
                Path bom = PROJECT.resolve(program.module()).resolve("target/bom.json");
                assumeTrue(
                        Files.exists(bom),
                        "needs the programs with their lists: ./mvnw -Dlunaria.sbom.skip=false package");
            }
        }
        Path cache = cache();
        assumeTrue(
                Files.isDirectory(cache) || canReach("deb.debian.org"),
                "needs deb.debian.org, or its packages in " + cache);
        int code =
                Main.run(
                        "--project=" + PROJECT,
                        "--project-version=" + version(),
                        "--time=" + TIME,
                        "--cache=" + cache,
                        "--no-aot",
                        "--output=" + output);
        assertThat(code).isZero();
        for (ImageSpec spec : ImageSpec.all()) {
            String file = spec.name() + "-" + Architecture.ofThisMachine().label() + ".tar";
            IMAGES.put(spec.name(), new ImageArchive(output.resolve(file)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lunaria-target", "lunaria-controller"})
    void servers_run_without_rights_and_are_small(String name) throws IOException {
        JsonNode config = image(name).config().path("config");

        assertThat(config.path("User").asString()).isEqualTo("65532:65532");
        assertThat(config.path("Entrypoint").get(0).asString())
                .isEqualTo("/opt/lunaria/bin/" + name);
        long bytes =
                image(name)
                        .manifest()
                        .path("layers")
                        .valueStream()
                        .mapToLong(layer -> layer.path("size").asLong())
                        .sum();
        // An AOT cache takes 10 to 20 MB more; the build checks the sum.
        assertThat(bytes).isLessThan(100_000_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lunaria-target", "lunaria-controller", "lunaria-node"})
    void nobody_can_write_or_gain_rights_by_a_file(String name) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (var placed : image(name).contents().entrySet()) {
            var entry = placed.getValue().entry();
            boolean link = entry.isSymbolicLink();
            boolean folderForVolumes =
                    Set.of("tmp", "run/lunaria", "srv/lunaria", "var/lib/lunaria")
                            .contains(placed.getKey());
            if ((entry.getMode() & SET_ID) != 0
                    || (!link && !folderForVolumes && (entry.getMode() & NOT_FOR_OTHERS) != 0)
                    || (!folderForVolumes && entry.getLongUserId() != 0)
                    || !(link || entry.isDirectory() || entry.isFile())) {
                wrong.add(
                        "%s %o %d"
                                .formatted(
                                        placed.getKey(), entry.getMode(), entry.getLongUserId()));
            }
        }

        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"lunaria-target", "lunaria-controller", "lunaria-node"})
    void the_sbom_names_every_jar_and_every_package(String name) throws IOException {
        Map<String, Placed> contents = image(name).contents();
        byte[] inside = file(contents, "usr/share/doc/lunaria/sbom.cdx.json");
        String beside = name + "-" + Architecture.ofThisMachine().label() + ".cdx.json";
        assertThat(Files.readAllBytes(output.resolve(beside))).isEqualTo(inside);

        Set<String> hashes = new TreeSet<>();
        Set<String> packages = new TreeSet<>();
        for (JsonNode component : new JsonMapper().readTree(inside).path("components")) {
            component.path("hashes").forEach(hash -> hashes.add(hash.path("content").asString()));
            if (component.path("purl").asString().startsWith("pkg:deb/")) {
                packages.add(component.path("name").asString());
            }
        }
        Set<String> listed = new TreeSet<>();
        int jars = 0;
        for (var placed : contents.entrySet()) {
            if (placed.getKey().startsWith("opt/lunaria/lib/")
                    && placed.getKey().endsWith(".jar")) {
                jars++;
                assertThat(hashes)
                        .as(placed.getKey())
                        .contains(Digests.sha256(placed.getValue().content()));
            }
            if (placed.getKey().startsWith("var/lib/dpkg/status.d/")) {
                listed.add(placed.getKey().substring("var/lib/dpkg/status.d/".length()));
            }
        }
        assertThat(jars).isGreaterThan(50);
        assertThat(packages).isEqualTo(listed).contains("libc6", "openjdk-25-jdk-headless");
    }

    @Test
    void what_changes_seldom_is_one_layer_of_all_images() {
        List<String> target = image("lunaria-target").layers();
        List<String> controller = image("lunaria-controller").layers();
        List<String> node = image("lunaria-node").layers();

        assertThat(controller).startsWith(target.get(0), target.get(1));
        assertThat(node).startsWith(target.get(0), target.get(1));
        // The libraries that all programs have.
        assertThat(controller).contains(target.get(2));
        assertThat(node).contains(target.get(2));
    }

    @Test
    void the_node_image_has_every_tool_that_the_node_plugin_runs() throws IOException {
        Set<String> tools = new TreeSet<>(Set.of("setpriv", "sync"));
        try (Stream<Path> sources = Files.walk(PROJECT.resolve("node-plugin/src/main/java"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                TOOL.matcher(Files.readString(source))
                        .results()
                        .forEach(found -> tools.add(found.group(1)));
            }
        }
        assertThat(tools).hasSizeGreaterThan(8);

        Set<String> there = image("lunaria-node").contents().keySet();

        assertThat(tools)
                .allMatch(tool ->
                        there.contains("usr/bin/" + tool) || there.contains("usr/sbin/" + tool));
    }

    /** Links that lead nowhere would be found by whoever needs them. */
    @ParameterizedTest
    @ValueSource(strings = {"lunaria-target", "lunaria-controller", "lunaria-node"})
    void every_link_leads_to_something(String name) throws IOException {
        Map<String, Placed> contents = image(name).contents();
        List<String> dangling = new ArrayList<>();
        for (var placed : contents.entrySet()) {
            if (placed.getValue().entry().isSymbolicLink()
                    && !placed.getValue().entry().getLinkName().contains("proc/")) {
                Path target =
                        Path.of("/" + placed.getKey())
                                .resolveSibling(placed.getValue().entry().getLinkName())
                                .normalize();
                if (!contents.containsKey(target.toString().substring(1))) {
                    dangling.add(placed.getKey() + " -> " + target);
                }
            }
        }

        assertThat(dangling).isEmpty();
    }

    @Test
    void the_runtime_has_every_module_that_programs_and_libraries_use() throws Exception {
        ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
        var programs = new ProgramFiles(PROJECT, version());
        Set<String> jars = new TreeSet<>();
        for (ImageSpec spec : ImageSpec.all()) {
            for (Program program : spec.programs()) {
                programs.jars(program).forEach(jar -> jars.add(jar.toString()));
            }
        }
        List<String> arguments =
                new ArrayList<>(List.of("--multi-release", "25", "--ignore-missing-deps"));
        arguments.addAll(List.of("--print-module-deps", "--class-path", String.join(":", jars)));
        arguments.addAll(jars);
        var out = new java.io.StringWriter();
        assertThat(
                        jdeps.run(
                                new java.io.PrintWriter(out),
                                new java.io.PrintWriter(out),
                                arguments.toArray(String[]::new)))
                .as(out.toString())
                .isZero();
        Set<String> used =
                new TreeSet<>(List.of(out.toString().lines().toList().getLast().split(",")));
        // Jackson asks for java.beans' annotations and does without.
        used.remove("java.desktop");

        String release =
                new String(
                        file(image("lunaria-controller").contents(), "opt/java/release"),
                        java.nio.charset.StandardCharsets.UTF_8);

        assertThat(used)
                .isNotEmpty()
                .allMatch(module ->
                        release.matches("(?s).*[\" ]" + Pattern.quote(module) + "[\" ].*"));
    }

    private static ImageArchive image(String name) {
        ImageArchive image = IMAGES.get(name);
        if (image == null) {
            throw new IllegalStateException("no image " + name);
        }
        return image;
    }

    private static byte[] file(Map<String, Placed> contents, String path) {
        Placed placed = contents.get(path);
        if (placed == null) {
            throw new IllegalStateException("the image has no " + path);
        }
        return placed.content();
    }

    private static String version() throws IOException {
        var found = POM_VERSION.matcher(Files.readString(PROJECT.resolve("pom.xml")));
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    private static Path cache() {
        String home = System.getenv().getOrDefault("HOME", System.getProperty("user.home"));
        String caches = System.getenv().getOrDefault("XDG_CACHE_HOME", home + "/.cache");
        return Path.of(caches, "lunaria/debian");
    }

    private static boolean canReach(String server) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(server, 80), 5000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
