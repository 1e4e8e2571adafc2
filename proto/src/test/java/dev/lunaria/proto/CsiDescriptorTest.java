package dev.lunaria.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.lunaria.proto.csi.v1.CsiProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Our csi.proto against the official descriptor of CSI 1.13.
 *
 * <p>{@code csi-1.13.txt} lists the official descriptor, a line each message, field, enum, value,
 * RPC and extension; it was printed from the Go module github.com/container-storage-interface/spec
 * v1.13.0.
 */
class CsiDescriptorTest {

    @Test
    void every_name_number_and_type_is_the_specifications() throws Exception {
        var ours = lines(Descriptors.written().get("csi/v1/csi.proto"));

        assertThat(ours).containsExactlyElementsOf(official());
    }

    @Test
    void generated_java_differs_in_the_name_of_mutable_parameters_alone() throws Exception {
        var generated =
                new TreeSet<>(
                        lines(CsiProto.getDescriptor()).stream()
                                .map(line ->
                                        line.replace(
                                                ".modifiable_parameters =",
                                                ".mutable_parameters ="))
                                .toList());

        assertThat(generated).containsExactlyElementsOf(new TreeSet<>(official()));
    }

    private static List<String> official() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(
                        CsiDescriptorTest.class.getResourceAsStream("/csi-1.13.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().sorted().toList();
        }
    }

    private static List<String> lines(FileDescriptor file) {
        var lines = new TreeSet<String>();
        file.getMessageTypes().forEach(message -> message(message, lines));
        file.getEnumTypes().forEach(type -> enumeration(type, lines));
        file.getServices().forEach(service -> service(service, lines));
        for (FieldDescriptor extension : file.getExtensions()) {
            lines.add(
                    "extend %s %s = %d %s"
                            .formatted(
                                    extension.getContainingType().getFullName(),
                                    extension.getName(),
                                    extension.getNumber(),
                                    scalar(extension)));
        }
        return List.copyOf(lines);
    }

    private static void message(Descriptor message, TreeSet<String> lines) {
        if (message.getOptions().getMapEntry()) {
            return;
        }
        lines.add("message " + message.getFullName());
        message.getNestedTypes().forEach(nested -> message(nested, lines));
        message.getEnumTypes().forEach(type -> enumeration(type, lines));
        for (FieldDescriptor field : message.getFields()) {
            var oneof = field.getContainingOneof();
            lines.add(
                    "field %s = %d %s%s%s"
                            .formatted(
                                    field.getFullName(),
                                    field.getNumber(),
                                    type(field),
                                    oneof == null ? "" : " oneof " + oneof.getName(),
                                    options(field)));
        }
    }

    private static void enumeration(EnumDescriptor type, TreeSet<String> lines) {
        lines.add("enum " + type.getFullName());
        for (var value : type.getValues()) {
            lines.add(
                    "value %s.%s = %d"
                            .formatted(type.getFullName(), value.getName(), value.getNumber()));
        }
    }

    private static void service(ServiceDescriptor service, TreeSet<String> lines) {
        for (var method : service.getMethods()) {
            lines.add(
                    "rpc %s(%s) returns %s%s"
                            .formatted(
                                    method.getFullName(),
                                    method.getInputType().getFullName(),
                                    method.isServerStreaming() ? "stream " : "",
                                    method.getOutputType().getFullName()));
        }
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            var entry = field.getMessageType();
            return "map<%s, %s>"
                    .formatted(
                            scalar(entry.findFieldByName("key")),
                            scalar(entry.findFieldByName("value")));
        }
        return (field.isRepeated() ? "repeated " : "") + scalar(field);
    }

    private static String scalar(FieldDescriptor field) {
        return switch (field.getType()) {
            case MESSAGE -> local(field.getMessageType().getFullName());
            case ENUM -> local(field.getEnumType().getFullName());
            default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
    }

    private static String local(String name) {
        return name.startsWith("csi.v1.") ? name.substring("csi.v1.".length()) : name;
    }

    /** The field's options by number: extensions that the parser wasn't told of stay unknown. */
    private static String options(FieldDescriptor field) {
        var names = Map.of(1059, "csi_secret", 1060, "alpha_field");
        var set = new TreeSet<String>();
        field.getOptions()
                .getUnknownFields()
                .asMap()
                .forEach((number, value) -> set.add("(" + names.get(number) + ") = true"));
        field.getOptions()
                .getAllFields()
                .forEach((option, value) -> set.add("(" + option.getName() + ") = true"));
        return set.isEmpty() ? "" : " [" + String.join(", ", set) + "]";
    }
}
