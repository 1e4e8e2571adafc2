package dev.lunaria.registry;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Specs as the trees that documents hold, the same wherever a document is kept. Used by any thread.
 * Bounded by what it is given.
 *
 * <p>What it doesn't know it refuses, in one line that names the document and the field.
 */
public final class SpecFormat {

    private final JsonMapper json =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .build();

    /** The tree of a spec. */
    public JsonNode write(Spec spec) {
        return json.valueToTree(spec);
    }

    /** The same as maps, lists and values. */
    @SuppressWarnings("unchecked") // An object's tree has strings for keys.
    public Map<String, Object> writeMap(Spec spec) {
        return json.treeToValue(write(spec), Map.class);
    }

    /**
     * The spec of a tree. {@code UNREADABLE} where it can't be understood.
     *
     * @param where the document, as a person finds it
     */
    public <S extends Spec> S read(Kind<S> kind, JsonNode tree, String where) {
        try {
            return json.treeToValue(tree, kind.spec());
        } catch (JacksonException e) {
            throw new RegistryException(
                    RegistryException.Reason.UNREADABLE, where + ": " + reason(e), e);
        }
    }

    /** The same from maps, lists and values. */
    public <S extends Spec> S readMap(Kind<S> kind, Map<String, Object> tree, String where) {
        return read(kind, json.valueToTree(tree), where);
    }

    private static String reason(JacksonException e) {
        return switch (e) {
            case UnrecognizedPropertyException unknown ->
                    "unknown field spec." + unknown.getPropertyName();
            case DatabindException invalid
                    when invalid.getCause() instanceof IllegalArgumentException cause ->
                    "spec." + cause.getMessage();
            case DatabindException invalid ->
                    "spec."
                            + path(invalid)
                            + " isn't understood: "
                            + firstLine(e.getOriginalMessage());
            default -> "spec isn't understood: " + firstLine(e.getOriginalMessage());
        };
    }

    private static String path(DatabindException invalid) {
        return invalid.getPath().stream()
                .map(JacksonException.Reference::getPropertyName)
                .filter(Objects::nonNull)
                .collect(Collectors.joining("."));
    }

    static String firstLine(String message) {
        return message.lines().findFirst().orElse(message);
    }
}
