package dev.lunaria.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Documents name what is there: classes, and files that they link to. */
class DocumentsTest {
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    // `FooBar`, `FooBar.method` or `package.FooBar`: a name with at least two humps.
    private static final Pattern CLASS =
            Pattern.compile(
                    "`(?:[a-z][a-z.]*\\.)?([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)(?:[.#(][^`]*)?`");
    private static final Pattern LINK =
            Pattern.compile("\\]\\((?!https?:|#)([^)#]+)(?:#[^)]*)?\\)");
    private static final Pattern PROTO =
            Pattern.compile("(?m)^\\s*(?:message|enum|service|rpc) (\\w+)");
    // Names of others: CSI's and Kubernetes' words, and keys of RFC 7143.
    private static final Set<String> FOREIGN =
            Set.of(
                    "ReadWriteOnce",
                    "ReadWriteMany",
                    "ReadOnlyMany",
                    "ReadWriteOncePod",
                    "PersistentVolumeClaim",
                    "StorageClass",
                    "DaemonSet",
                    "StatefulSet",
                    "FutureReturnValueIgnored",
                    "NullAway",
                    "SendTargets",
                    "InitialR2T",
                    "ImmediateData",
                    "FirstBurstLength",
                    "MaxBurstLength",
                    "HeaderDigest",
                    "DataDigest",
                    "MaxRecvDataSegmentLength",
                    "MaxConnections",
                    "MaxOutstandingR2T",
                    "ErrorRecoveryLevel",
                    "DefaultTime2Wait",
                    "DefaultTime2Retain",
                    "CmdSN",
                    "ExpCmdSN",
                    "MaxCmdSN",
                    "StatSN",
                    "ExpStatSN",
                    "CreateVolume",
                    "VolumeAttributesClass",
                    "WaitForFirstConsumer",
                    "OnDelete",
                    "OnFailure",
                    "NotUnderstood");

    static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            var all =
                    new ArrayList<>(docs.filter(path -> path.toString().endsWith(".md")).toList());
            all.add(PROJECT.resolve("README.md"));
            return all;
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void every_class_that_a_document_names_exists(Path document) throws IOException {
        Set<String> known = known();
        var missing = new TreeSet<String>();
        var matcher = CLASS.matcher(Files.readString(document));
        while (matcher.find()) {
            if (!known.contains(matcher.group(1))) {
                missing.add(matcher.group(1));
            }
        }

        assertThat(missing).as(document.toString()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void every_file_that_a_document_links_to_exists(Path document) throws IOException {
        var missing = new TreeSet<String>();
        var matcher = LINK.matcher(Files.readString(document));
        while (matcher.find()) {
            if (!Files.exists(document.resolveSibling(matcher.group(1)))) {
                missing.add(matcher.group(1));
            }
        }

        assertThat(missing).as(document.toString()).isEmpty();
    }

    @Test
    void architecture_names_classes() throws IOException {
        var matcher = CLASS.matcher(Files.readString(PROJECT.resolve("docs/ARCHITECTURE.md")));

        assertThat(matcher.results().count()).isGreaterThan(30);
    }

    /** Java's types, nested ones as well, and what the .proto files define. */
    private static Set<String> known() throws IOException {
        var names = new TreeSet<>(FOREIGN);
        for (Path source : sources()) {
            String name = String.valueOf(source.getFileName());
            if (name.endsWith(".java")) {
                names.add(name.substring(0, name.length() - ".java".length()));
                var nested =
                        Pattern.compile("(?:class|record|interface|enum) (\\w+)")
                                .matcher(Files.readString(source));
                names.addAll(
                        nested.results().map(found -> found.group(1)).collect(Collectors.toSet()));
            } else if (name.endsWith(".proto")) {
                names.addAll(
                        PROTO.matcher(Files.readString(source))
                                .results()
                                .map(found -> found.group(1))
                                .collect(Collectors.toSet()));
            }
        }
        return names;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> modules = Files.list(PROJECT)) {
            var sources = new ArrayList<Path>();
            for (Path module :
                    modules.filter(path -> Files.isDirectory(path.resolve("src"))).toList()) {
                try (Stream<Path> files = Files.walk(module.resolve("src"))) {
                    sources.addAll(files.filter(Files::isRegularFile).toList());
                }
            }
            return sources;
        }
    }
}
