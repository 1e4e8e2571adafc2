package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.lunaria.images.PackageLock.LockedPackage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an HTTP server on loopback that has one package. */
class PackageCacheTest {
    private static final String PATH = "pool/main/a/a/a_1.0+b1_amd64.deb";

    @TempDir Path folder;
    private final AtomicInteger downloads = new AtomicInteger();
    private byte[] served = new byte[0];
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        served = debian(Map.of("./usr/bin/a", "program", "./usr/share/doc/a/copyright", "free"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/debian/" + PATH,
                exchange -> {
                    downloads.incrementAndGet();
                    exchange.sendResponseHeaders(200, served.length);
                    try (OutputStream out = exchange.getResponseBody()) {
                        out.write(served);
                    }
                });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void a_package_is_downloaded_once_and_read() throws Exception {
        PackageCache cache = cache(Digests.sha256(served), mirror());

        DebianPackage first = cache.fetch("a", Architecture.AMD64);
        cache.fetch("a", Architecture.AMD64);

        assertThat(downloads).hasValue(1);
        assertThat(first.name()).isEqualTo("a");
        assertThat(first.version()).isEqualTo("1.0+b1");
        assertThat(first.source()).isEqualTo("alpha");
        assertThat(first.files(path -> path.startsWith("usr/bin/")).nodes().keySet())
                .containsExactly("usr", "usr/bin", "usr/bin/a");
    }

    @Test
    void a_server_that_does_not_have_it_is_passed_over() throws Exception {
        String other = mirror().replace("/debian/", "/elsewhere/").replace("{archive}", "x");
        PackageCache cache = cache(Digests.sha256(served), other, mirror());

        assertThat(cache.fetch("a", Architecture.AMD64).name()).isEqualTo("a");
    }

    @Test
    void other_bytes_are_refused_and_not_kept() throws Exception {
        PackageCache cache = cache("0".repeat(64), mirror());

        assertThatThrownBy(() -> cache.fetch("a", Architecture.AMD64))
                .isInstanceOf(BuildFailure.class)
                .hasMessageContaining("has another SHA-256")
                .hasMessageContaining("update-packages");
        assertThat(folder.resolve("cache")).isEmptyDirectory();
    }

    @Test
    void a_kept_file_that_was_damaged_is_downloaded_again() throws Exception {
        PackageCache cache = cache(Digests.sha256(served), mirror());
        Path kept = cache.fetch("a", Architecture.AMD64).file();

        Files.writeString(kept, "damaged");
        cache.fetch("a", Architecture.AMD64);

        assertThat(downloads).hasValue(2);
    }

    private String mirror() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/{archive}/{path}";
    }

    private PackageCache cache(String sha256, String... servers) {
        var locked = new LockedPackage(Architecture.AMD64, "debian", PATH, served.length, sha256);
        return new PackageCache(
                folder.resolve("cache"),
                List.of(servers),
                new PackageLock("20261127T000000Z", List.of(locked)),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    }

    private static byte[] debian(Map<String, String> files) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var ar = new ArArchiveOutputStream(bytes)) {
            put(ar, "debian-binary", "2.0\n".getBytes(StandardCharsets.UTF_8));
            String control =
                    "Package: a\nVersion: 1.0+b1\nSource: alpha (1.0)\nArchitecture: amd64\n";
            put(ar, "control.tar.xz", tar(Map.of("./control", control)));
            put(ar, "data.tar.xz", tar(files));
        }
        return bytes.toByteArray();
    }

    private static void put(ArArchiveOutputStream ar, String name, byte[] content)
            throws IOException {
        ar.putArchiveEntry(new ArArchiveEntry(name, content.length));
        ar.write(content);
        ar.closeArchiveEntry();
    }

    private static byte[] tar(Map<String, String> files) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new XZCompressorOutputStream(bytes))) {
            for (var file : files.entrySet()) {
                byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
                var entry = new TarArchiveEntry(file.getKey());
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }
}
