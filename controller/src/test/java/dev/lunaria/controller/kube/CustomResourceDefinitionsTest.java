package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.registry.Kind;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.YamlDumpSettings;
import io.fabric8.kubernetes.client.utils.YamlDumpSettingsBuilder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CustomResourceDefinitions of the chart are those of the registry's records. */
final class CustomResourceDefinitionsTest {

    static final Path FOLDER = Path.of("../charts/lunaria/crds");

    private static final YamlDumpSettings QUOTES =
            new YamlDumpSettingsBuilder().setMinimizeQuotes(true).build();
    private static final Map<String, String> GENERATED = generate();

    static Stream<Kind<?>> kinds() {
        return Kind.ALL.stream();
    }

    static Path file(Kind<?> kind) {
        return FOLDER.resolve(kind.plural() + "." + Kind.GROUP + ".yaml");
    }

    private static Map<String, String> generate() {
        var files = new TreeMap<String, ByteArrayOutputStream>();
        var mapper = SchemaNotes.mapper();
        new CRDGenerator()
                .customResourceClasses(CustomResourceClasses.ALL)
                .withObjectMapper(mapper, new KubernetesSerialization(mapper, false, QUOTES))
                .withPostProcessor(new Completion())
                .withOutput(new Output(files))
                .generate();
        var texts = new TreeMap<String, String>();
        files.forEach((name, bytes) ->
                texts.put(
                        name.replaceFirst("-v1$", ""),
                        bytes.toString(StandardCharsets.UTF_8)
                                .replaceFirst(
                                        "^#.*\n",
                                        "# Made of the registry's records by CustomResourceDefinitionsTest; -Dlunaria.documents=write writes it anew.\n")));
        return texts;
    }

    /**
     * What the generator can't know: the name, items of lists, the order of columns, and that
     * conditions are a map by their types.
     */
    private static final class Completion implements CRDPostProcessor {
        @Override
        public HasMetadata process(HasMetadata generated, String version) {
            var crd = (CustomResourceDefinition) generated;
            String kind = crd.getSpec().getNames().getKind();
            CustomResourceDefinitionVersion only = crd.getSpec().getVersions().getFirst();
            List<String> columns = CustomResourceClasses.columns(kind);
            only.getAdditionalPrinterColumns()
                    .sort(Comparator.comparingInt(column -> columns.indexOf(column.getName())));
            JSONSchemaProps root = only.getSchema().getOpenAPIV3Schema();
            root.setRequired(List.of("spec"));
            JSONSchemaProps spec = property(root, "spec");
            spec.getProperties().put(CustomResources.NAME, name());
            if (kind.equals(Kind.STORAGE_TARGET.name())) {
                JSONSchemaProps portal = property(spec, "portals").getItems().getSchema();
                portal.setPattern("^" + SchemaNotes.HOST_AND_PORT + "$");
            }
            JSONSchemaProps conditions = property(property(root, "status"), "conditions");
            conditions.setXKubernetesListType("map");
            conditions.setXKubernetesListMapKeys(List.of("type"));
            return crd;
        }

        private static JSONSchemaProps name() {
            return new JSONSchemaPropsBuilder()
                    .withType("string")
                    .withMinLength(1L)
                    .withMaxLength(256L)
                    .withDescription(
                            "The name, where it can't be an object's name in Kubernetes; the object is then named by its hash.")
                    .build();
        }

        private static JSONSchemaProps property(JSONSchemaProps of, String name) {
            return Objects.requireNonNull(of.getProperties().get(name), name);
        }
    }

    private static final class Output implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
        private final Map<String, ByteArrayOutputStream> files;

        Output(Map<String, ByteArrayOutputStream> files) {
            this.files = files;
        }

        @Override
        public ByteArrayOutputStream outputFor(String name) {
            return files.computeIfAbsent(name, missing -> new ByteArrayOutputStream());
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theFileIsTheModels(Kind<?> kind) throws Exception {
        String expected = GENERATED.get(kind.plural() + "." + Kind.GROUP);
        if ("write".equals(System.getProperty("lunaria.documents"))) {
            Files.createDirectories(FOLDER);
            Files.writeString(file(kind), expected);
        }

        assertThat(file(kind))
                .as("run with -Dlunaria.documents=write")
                .content()
                .isEqualTo(expected);
    }

    @Test
    void thereIsNoOtherFile() throws Exception {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files).hasSize(Kind.ALL.size());
        }
    }
}
