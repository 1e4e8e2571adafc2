package dev.lunaria.images;

import dev.lunaria.images.ImageSpec.Program;
import dev.lunaria.images.Node.Bytes;
import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.OnDisk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The built programs' files, as they stand in an image: start scripts in /opt/lunaria/bin, jars in
 * /opt/lunaria/lib. Immutable.
 *
 * @param project the project's folder
 * @param version the project's version, which the names of its own jars end with
 */
record ProgramFiles(Path project, String version) {
    private static final String BIN = "opt/lunaria/bin/";
    private static final String LIB = "opt/lunaria/lib/";

    /**
     * Others' jars that all programs have, and Netty's native library, which otherwise would need a
     * writable /tmp.
     */
    Tree libraries(List<Program> programs, Architecture architecture)
            throws IOException, BuildFailure {
        var tree = new Tree();
        Set<String> common = libraries(programs.getFirst());
        for (Program program : programs) {
            common.retainAll(libraries(program));
        }
        String ending = "linux-" + architecture.nettyClassifier() + ".jar";
        for (Program program : programs) {
            for (Path jar : jars(program)) {
                String name = String.valueOf(jar.getFileName());
                if (common.contains(name)) {
                    tree.put(LIB + name, shared(tree, jar));
                    if (name.endsWith(ending)) {
                        putNativeLibrary(tree, jar, architecture);
                    }
                }
            }
        }
        return tree;
    }

    /** Others' jars that only some programs have. */
    Tree moreLibraries(List<Program> programs, Tree common) throws IOException, BuildFailure {
        var tree = new Tree();
        for (Program program : programs) {
            for (Path jar : jars(program)) {
                String path = LIB + jar.getFileName();
                if (!isOwn(jar) && !common.nodes().containsKey(path)) {
                    tree.put(path, shared(tree, jar));
                }
            }
        }
        return tree;
    }

    private Set<String> libraries(Program program) throws IOException, BuildFailure {
        Set<String> names = new TreeSet<>();
        for (Path jar : jars(program)) {
            if (!isOwn(jar)) {
                names.add(String.valueOf(jar.getFileName()));
            }
        }
        return names;
    }

    /** The project's jars, and the start scripts. */
    Tree application(List<Program> programs) throws IOException, BuildFailure {
        var tree = new Tree();
        for (Program program : programs) {
            for (Path jar : jars(program)) {
                if (isOwn(jar)) {
                    tree.put(LIB + jar.getFileName(), shared(tree, jar));
                }
            }
            for (String script : List.of(program.name(), "find-jdk")) {
                Path file = dist(program).resolve("bin").resolve(script);
                tree.put(BIN + script, new File(new Bytes(Files.readAllBytes(file)), true));
            }
        }
        return tree;
    }

    /** All jars of a program. */
    List<Path> jars(Program program) throws IOException, BuildFailure {
        Path lib = dist(program).resolve("lib");
        if (!Files.isDirectory(lib)) {
            throw new BuildFailure(lib + " isn't there: the programs aren't built");
        }
        try (Stream<Path> files = Files.list(lib)) {
            return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }

    /** The list of a program's libraries that its build writes, CycloneDX. */
    Path bom(Program program) {
        return project.resolve(program.module()).resolve("target/bom.json");
    }

    /** What is run to learn what an AOT cache is to hold. */
    Path training(Program program) {
        return project.resolve(program.module()).resolve("src/main/dist/train");
    }

    private Path dist(Program program) {
        return project.resolve(program.module()).resolve("target/dist");
    }

    private boolean isOwn(Path jar) {
        return jar.getFileName().toString().endsWith("-" + version + ".jar");
    }

    /** Two programs bring the same jar: it is there once, and must be the same. */
    private static Node shared(Tree tree, Path jar) throws IOException, BuildFailure {
        Node there = tree.nodes().get(LIB + jar.getFileName());
        if (there instanceof File(OnDisk(Path first), boolean executable)) {
            if (!Digests.sha256(first).equals(Digests.sha256(jar))) {
                throw new BuildFailure(
                        "%s and %s differ: build all programs anew".formatted(first, jar));
            }
            return there;
        }
        return new File(new OnDisk(jar), false);
    }

    /**
     * Where the JVM looks for libraries by itself: Netty's NativeLibraryLoader tries that before it
     * unpacks its own into a temporary folder.
     */
    private static void putNativeLibrary(Tree tree, Path jar, Architecture architecture)
            throws IOException, BuildFailure {
        String name = "libnetty_transport_native_epoll_" + architecture.nettyClassifier() + ".so";
        try (var file = new JarFile(jar.toFile())) {
            var entry = file.getJarEntry("META-INF/native/" + name);
            if (entry == null) {
                throw new BuildFailure(jar + " has no " + name);
            }
            try (InputStream in = file.getInputStream(entry)) {
                tree.put("usr/lib/" + name, new File(new Bytes(in.readAllBytes()), false));
            }
        }
    }
}
