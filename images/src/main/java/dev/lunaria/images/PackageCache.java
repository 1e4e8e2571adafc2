package dev.lunaria.images;

import dev.lunaria.images.PackageLock.LockedPackage;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Debian packages in a folder of the user's, each downloaded once and compared with its SHA-256. Of
 * one thread. What Debian's servers no longer have is asked of snapshot.debian.org.
 */
final class PackageCache {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final Duration DOWNLOAD = Duration.ofMinutes(10);

    private final Path folder;
    private final List<String> servers;
    private final PackageLock lock;
    private final PrintStream out;

    /**
     * @param servers as {@link #servers} has them, asked in turn
     * @param out told of each download
     */
    PackageCache(Path folder, List<String> servers, PackageLock lock, PrintStream out) {
        this.folder = folder;
        this.servers = servers;
        this.lock = lock;
        this.out = out;
    }

    /**
     * A mirror of Debian's, and the archive of all that ever was in Debian; the hashes make https
     * needless.
     *
     * @param mirror "http://deb.debian.org"
     */
    static List<String> servers(String mirror, PackageLock lock) {
        return List.of(
                mirror + "/{archive}/{path}",
                "https://snapshot.debian.org/archive/{archive}/" + lock.taken() + "/{path}");
    }

    /**
     * A package, downloaded if it isn't here yet.
     *
     * @throws BuildFailure where no server has it, or has something else in its place
     */
    DebianPackage fetch(String name, Architecture architecture) throws IOException, BuildFailure {
        LockedPackage locked = lock.find(name, architecture);
        Path file = folder.resolve(locked.file());
        if (!Files.exists(file) || !Digests.sha256(file).equals(locked.sha256())) {
            download(locked, file);
        }
        return DebianPackage.read(file);
    }

    private void download(LockedPackage locked, Path file) throws IOException, BuildFailure {
        out.println("  downloading " + locked.file());
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, "download", ".part");
        List<String> refusals = new ArrayList<>();
        try (HttpClient client =
                HttpClient.newBuilder()
                        .connectTimeout(CONNECT)
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .build()) {
            for (URI source : sources(locked).toList()) {
                String refusal = get(client, source, part);
                if (refusal.isEmpty() && Digests.sha256(part).equals(locked.sha256())) {
                    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
                    return;
                }
                refusals.add(source + " " + (refusal.isEmpty() ? "has another SHA-256" : refusal));
            }
        } finally {
            Files.deleteIfExists(part);
        }
        throw new BuildFailure(
                ("can't get %s: %s. Where Debian has replaced it by a newer version, run"
                                + " deploy/images/update-packages")
                        .formatted(locked.file(), String.join("; ", refusals)));
    }

    private Stream<URI> sources(LockedPackage locked) {
        String path = locked.path().replace("+", "%2B").replace("~", "%7E");
        return servers.stream()
                .map(server ->
                        server.replace("{archive}", locked.archive()).replace("{path}", path))
                .map(URI::create);
    }

    /** Downloads to a file; what went wrong, or nothing. */
    private static String get(HttpClient client, URI source, Path to) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(source).timeout(DOWNLOAD).build();
        try {
            int status = client.send(request, HttpResponse.BodyHandlers.ofFile(to)).statusCode();
            return status == 200 ? "" : "answers " + status;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while downloading " + source, e);
        } catch (IOException e) {
            return "fails: " + e;
        }
    }
}
