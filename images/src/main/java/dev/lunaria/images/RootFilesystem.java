package dev.lunaria.images;

import dev.lunaria.images.Contents.TakePackage;
import dev.lunaria.images.Node.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The layers that come from Debian packages. Of one thread.
 *
 * @param contents which packages and what of them
 * @param packages where they come from
 * @param settings files of ours, {@code deploy/images/root}
 */
record RootFilesystem(Contents contents, PackageCache packages, Path settings) {
    /** Debian's name of the release that packages.lock is of. */
    static final String RELEASE = "debian-13";

    /** Where distroless images list packages, and scanners look for them. */
    private static final String STATUS = "var/lib/dpkg/status.d/";

    /** A layer, by its name in {@code contents}; "base" has our own files too. */
    Tree layer(String name, Architecture architecture) throws IOException, BuildFailure {
        var tree = new Tree();
        for (TakePackage line : contents.packages(name)) {
            DebianPackage debian = packages.fetch(line.name(), architecture);
            Tree files = debian.files(path -> line.takes(path, architecture));
            if (files.nodes().values().stream().allMatch(Folder.class::isInstance)) {
                throw new BuildFailure(
                        "nothing of %s is taken: look at its paths in deploy/images/contents"
                                .formatted(line.name()));
            }
            tree.putAll(files);
            tree.putText(STATUS + debian.name(), debian.stanza());
        }
        contents.putLinksAndFolders(name, tree);
        if (name.equals("base") && Files.isDirectory(settings)) {
            tree.putFolder("", settings);
        }
        return tree;
    }

    /** A layer's packages. */
    List<DebianPackage> packages(String layer, Architecture architecture)
            throws IOException, BuildFailure {
        List<DebianPackage> all = new java.util.ArrayList<>();
        for (TakePackage line : contents.packages(layer)) {
            all.add(packages.fetch(line.name(), architecture));
        }
        return all;
    }

    /** The package with the modules of the Java runtime, the only one of its layer. */
    DebianPackage jdk(Architecture architecture) throws IOException, BuildFailure {
        return packages("runtime", architecture).getFirst();
    }

    /** The runtime's layer: what is linked, and the package it comes from. */
    Tree runtime(Architecture architecture, Path work) throws IOException, BuildFailure {
        DebianPackage jdk = jdk(architecture);
        Tree tree = JlinkedRuntime.link(jdk, work);
        return tree.putText(STATUS + jdk.name(), jdk.stanza());
    }
}
