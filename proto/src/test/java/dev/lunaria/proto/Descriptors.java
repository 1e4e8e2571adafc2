package dev.lunaria.proto;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.ExtensionRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The .proto files as they are written, before Java names are made of them. */
final class Descriptors {
    private Descriptors() {}

    /** All files with what they import, by name. */
    static Map<String, FileDescriptor> written() throws IOException, DescriptorValidationException {
        FileDescriptorSet set;
        try (InputStream in = Files.newInputStream(Path.of("target/lunaria.protobin"))) {
            set = FileDescriptorSet.parseFrom(in, ExtensionRegistry.getEmptyRegistry());
        }
        // protoc lists each file after those that it imports.
        Map<String, FileDescriptor> files = new HashMap<>();
        for (var file : set.getFileList()) {
            var imports =
                    file.getDependencyList().stream()
                            .map(files::get)
                            .toArray(FileDescriptor[]::new);
            files.put(file.getName(), FileDescriptor.buildFrom(file, imports));
        }
        return files;
    }
}
