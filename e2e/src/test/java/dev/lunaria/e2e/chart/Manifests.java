package dev.lunaria.e2e.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Objects of a rendering. Immutable.
 *
 * @param objects in the order in which they were printed
 */
record Manifests(List<JsonNode> objects) {

    private static final YAMLMapper YAML = new YAMLMapper();

    static Manifests parse(String text) {
        var objects = new ArrayList<JsonNode>();
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(text)) {
            documents.forEachRemaining(document -> {
                if (document.isObject()) {
                    objects.add(document);
                }
            });
        }
        return new Manifests(List.copyOf(objects));
    }

    Stream<JsonNode> ofKind(String kind) {
        return objects.stream().filter(object -> object.path("kind").asString().equals(kind));
    }

    JsonNode only(String kind, String name) {
        return ofKind(kind)
                .filter(object -> name(object).equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no " + kind + " " + name));
    }

    static String name(JsonNode object) {
        return object.at("/metadata/name").asString();
    }

    /** The specs of all pods, whatever makes them. */
    Stream<JsonNode> pods() {
        return objects.stream()
                .flatMap(object ->
                        Stream.of(
                                object.at("/spec/template/spec"),
                                object.at("/spec/jobTemplate/spec/template/spec")))
                .filter(JsonNode::isObject);
    }

    static Stream<JsonNode> containers(JsonNode pod) {
        return Stream.concat(
                elements(pod.path("initContainers")), elements(pod.path("containers")));
    }

    static Stream<JsonNode> elements(JsonNode array) {
        var elements = new ArrayList<JsonNode>();
        array.forEach(elements::add);
        return elements.stream();
    }

    static List<String> texts(JsonNode array) {
        return elements(array).map(JsonNode::asString).toList();
    }
}
