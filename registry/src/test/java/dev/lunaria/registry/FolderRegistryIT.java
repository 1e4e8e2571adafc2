package dev.lunaria.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The folder keeps the registry's contract, and what is particular to files. */
final class FolderRegistryIT extends RegistryContract {

    private static final String TARGET =
            """
            apiVersion: lunaria.dev/v1alpha1
            kind: StorageTarget
            metadata:
              name: box
            spec:
              pool: 1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11
              endpoint: unix:/run/lunaria/target/admin.sock
              portals: ["127.0.0.1:3260"]
            """;

    @TempDir Path folder;

    private FolderRegistry registry;
    private FolderRegistry another;

    @BeforeEach
    void open() {
        registry = FolderRegistry.open(folder);
        another = FolderRegistry.open(folder);
    }

    @AfterEach
    void close() {
        registry.close();
        another.close();
    }

    @Override
    protected Registry registry() {
        return registry;
    }

    @Override
    protected Registry another() {
        return another;
    }

    private Path write(String document) throws Exception {
        return Files.writeString(folder.resolve("storagetargets/box.yaml"), document);
    }

    @Test
    void aPersonsDocumentIsReadWithItsDefaults() throws Exception {
        write(TARGET);

        StorageTarget target = registry.get(Kind.STORAGE_TARGET, "box").orElseThrow().spec();
        assertThat(target.portals()).containsExactly("127.0.0.1:3260");
        assertThat(target.overcommitPercent()).isEqualTo(StorageTarget.DEFAULT_OVERCOMMIT_PERCENT);
        assertThat(target.cordoned()).isFalse();
        assertThat(target.ca()).isEmpty();
    }

    @Test
    void aDocumentIsWrittenAsACustomResource() throws Exception {
        registry.create(VOLUME, "pvc-1", volume(4096));

        assertThat(Files.readString(folder.resolve("lunariavolumes/pvc-1.yaml")))
                .startsWith(
                        "apiVersion: lunaria.dev/v1alpha1\nkind: LunariaVolume\nmetadata:\n  name: pvc-1\nspec:\n")
                .contains("  sizeBytes: 4096\n")
                .doesNotContain("deleting");
    }

    static Stream<Arguments> notUnderstood() {
        return Stream.of(
                arguments(
                        "v1alpha1",
                        "v2",
                        "its apiVersion is \"lunaria.dev/v2\", this program reads "),
                arguments("StorageTarget", "Storage", "its kind is \"Storage\", not StorageTarget"),
                arguments("spec:", "spec:\n  color: red", "unknown field spec.color"),
                arguments("kind:", "status: {}\nkind:", "unknown field status"),
                arguments("name: box", "name: box\n  labels: {}", "unknown field metadata.labels"),
                arguments(
                        "unix:/run/lunaria/target/admin.sock",
                        "nowhere",
                        "spec.endpoint is \"nowhere\""),
                arguments(":3260", ":99999", "spec.portals is \"127.0.0.1:99999\", not host:port"),
                arguments("[\"127.0.0.1:3260\"]", "[]", "spec.portals must name 1 to 16 addresses"),
                arguments("1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11", "null", "spec.pool is missing"),
                arguments(
                        "1c9d5c3e-57f4-4c7c-8a0b-0f2b6d1c3a11", "x", "spec.pool isn't understood"),
                arguments(
                        "name: box", "name: other", "its metadata.name is \"other\", not \"box\""),
                arguments("kind:", "kind: StorageTarget\nkind:", "Duplicate"),
                arguments("spec:", "spec: [}", "isn't YAML"));
    }

    @ParameterizedTest
    @MethodSource("notUnderstood")
    void whatIsNotUnderstoodIsRefusedInOneLineThatNamesTheFile(
            String from, String to, String message) throws Exception {
        write(TARGET.replace(from, to));

        assertThatThrownBy(() -> registry.get(Kind.STORAGE_TARGET, "box"))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("storagetargets/box.yaml: ")
                .hasMessageContaining(message)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void anUnreadableDocumentFailsTheList() throws Exception {
        write("not: a document");

        assertReason(RegistryException.Reason.UNREADABLE, () -> registry.list(Kind.STORAGE_TARGET));
    }

    @Test
    void aWatchKeepsTheLastReadableForm() throws Exception {
        write(TARGET);
        var changes = new LinkedBlockingQueue<Change<StorageTarget>>();
        try (var _ = registry.watch(Kind.STORAGE_TARGET, changes::add)) {
            assertThat(next(changes)).isInstanceOf(Change.Put.class);
            assertThat(next(changes)).isInstanceOf(Change.Synced.class);
            write("half a document");
            write(TARGET + "  cordoned: true\n");
            assertThat(next(changes))
                    .isInstanceOfSatisfying(
                            Change.Put.class,
                            put ->
                                    assertThat(((StorageTarget) put.document().spec()).cordoned())
                                            .isTrue());
        }
    }

    @Test
    void aFolderThatCannotBeWatchedIsUnavailableNotEmpty() throws Exception {
        Files.delete(folder.resolve("lunariavolumes"));

        assertReason(
                RegistryException.Reason.UNAVAILABLE, () -> registry.watch(VOLUME, change -> {}));
        assertReason(RegistryException.Reason.UNAVAILABLE, () -> registry.list(VOLUME));
        Files.createDirectory(folder.resolve("lunariavolumes"));
    }

    @Test
    void whatAnInterruptedWriterLeftIsNeitherShownNorKept() throws Exception {
        Path left = Files.writeString(folder.resolve("lunariavolumes/.new-42"), "half");

        assertThat(registry.list(VOLUME)).isEmpty();
        FolderRegistry.open(folder).close();
        assertThat(left).doesNotExist();
    }

    @Test
    void aWriterThatHoldsTheFolderForLongIsUnavailable() throws Exception {
        try (var impatient = FolderRegistry.open(folder, Duration.ofMillis(50));
                var channel = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            assertReason(
                    RegistryException.Reason.UNAVAILABLE,
                    () -> impatient.create(VOLUME, "pvc-1", volume(4096)));
        }
        registry.create(VOLUME, "pvc-1", volume(4096));
    }

    @Test
    void aFolderThatCannotBeIsOneClearLine() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> FolderRegistry.open(file.resolve("registry")))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("the registry's folder can't be used")
                .hasMessageContaining(file.toString());
    }
}
