package dev.lunaria.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every message, enum, service and RPC of every .proto file says what it is. */
class ProtoDocumentationTest {
    // Field numbers in descriptor.proto: a path of a location is made of them.
    private static final int FILE_MESSAGE = 4;
    private static final int FILE_ENUM = 5;
    private static final int FILE_SERVICE = 6;
    private static final int MESSAGE_NESTED = 3;
    private static final int MESSAGE_ENUM = 4;
    private static final int SERVICE_METHOD = 2;

    static Stream<FileDescriptorProto> files() throws Exception {
        return Descriptors.written().values().stream()
                .map(file -> file.toProto())
                .filter(file -> !file.getName().startsWith("google/"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void every_message_and_every_call_has_a_comment(FileDescriptorProto file) {
        Set<List<Integer>> documented = new HashSet<>();
        for (Location location : file.getSourceCodeInfo().getLocationList()) {
            if (!location.getLeadingComments().isBlank()) {
                documented.add(location.getPathList());
            }
        }
        List<String> silent = new ArrayList<>();
        for (int i = 0; i < file.getMessageTypeCount(); i++) {
            message(
                    file.getMessageType(i),
                    file.getPackage(),
                    List.of(FILE_MESSAGE, i),
                    documented,
                    silent);
        }
        for (int i = 0; i < file.getEnumTypeCount(); i++) {
            check(file.getEnumType(i).getName(), List.of(FILE_ENUM, i), documented, silent);
        }
        for (int i = 0; i < file.getServiceCount(); i++) {
            var service = file.getService(i);
            check(service.getName(), List.of(FILE_SERVICE, i), documented, silent);
            for (int j = 0; j < service.getMethodCount(); j++) {
                check(
                        service.getName() + "." + service.getMethod(j).getName(),
                        List.of(FILE_SERVICE, i, SERVICE_METHOD, j),
                        documented,
                        silent);
            }
        }

        assertThat(documented).isNotEmpty();
        assertThat(silent).isEmpty();
    }

    private static void message(
            DescriptorProto message,
            String scope,
            List<Integer> path,
            Set<List<Integer>> documented,
            List<String> silent) {
        if (message.getOptions().getMapEntry()) {
            return;
        }
        String name = scope + "." + message.getName();
        // A request that holds nothing says it all with its name.
        if (message.getFieldCount() > 0) {
            check(name, path, documented, silent);
        }
        for (int i = 0; i < message.getNestedTypeCount(); i++) {
            message(
                    message.getNestedType(i),
                    name,
                    append(path, MESSAGE_NESTED, i),
                    documented,
                    silent);
        }
        for (int i = 0; i < message.getEnumTypeCount(); i++) {
            check(
                    name + "." + message.getEnumType(i).getName(),
                    append(path, MESSAGE_ENUM, i),
                    documented,
                    silent);
        }
    }

    private static List<Integer> append(List<Integer> path, int field, int index) {
        var longer = new ArrayList<>(path);
        longer.add(field);
        longer.add(index);
        return List.copyOf(longer);
    }

    private static void check(
            String name, List<Integer> path, Set<List<Integer>> documented, List<String> silent) {
        if (!documented.contains(path)) {
            silent.add(name);
        }
    }
}
