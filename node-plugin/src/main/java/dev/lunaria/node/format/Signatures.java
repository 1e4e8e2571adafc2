package dev.lunaria.node.format;

import dev.lunaria.node.failure.NodeFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What util-linux recognises on a device: filesystems, LVM, md, LUKS, partition tables. For
 * messages alone: that something is recognised, or nothing, never decides whether to format.
 * Stateless, for platform threads; bounded in time.
 */
public final class Signatures {
    private static final Tool WIPEFS = new Tool("wipefs", "util-linux");
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Signatures() {}

    /** Names and places, as "LVM2_member at byte 536"; why not, where it can't be told. */
    public static String describe(Path device) {
        try {
            Child.Result result =
                    Child.run(LOOK, WIPEFS, List.of("--no-act", "--json", device.toString()));
            return result.exitCode() == 0
                    ? describe(result.output())
                    : "wipefs can't tell what: " + result.output();
        } catch (NodeFailure e) {
            return "can't tell what: " + e.getMessage();
        }
    }

    private static String describe(String json) {
        try {
            String all =
                    JSON.readTree(json)
                            .path("signatures")
                            .valueStream()
                            .map(Signatures::describe)
                            .collect(Collectors.joining(", "));
            return all.isEmpty() ? "nothing that is recognised" : all;
        } catch (JacksonException e) {
            return json;
        }
    }

    private static String describe(JsonNode signature) {
        String offset = signature.path("offset").asString("0");
        String label = signature.path("label").asString("");
        return "%s%s at byte %d"
                .formatted(
                        signature.path("type").asString("?"),
                        label.isEmpty() ? "" : " '" + label + "'",
                        Long.decode(offset));
    }
}
