package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import dev.lunaria.images.Node.OnDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer is a function of its files: of nothing else of the machine that writes it. */
class LayerTest {
    private static final Instant TIME = Instant.parse("2026-11-22T00:00:00Z");

    @TempDir Path folder;

    @Test
    void the_same_files_give_the_same_bytes_whatever_their_times_and_order() throws Exception {
        Path first = Files.writeString(folder.resolve("first"), "content");
        Path second = Files.writeString(folder.resolve("second"), "content");
        Files.setLastModifiedTime(second, FileTime.fromMillis(1));

        Layer one = Layer.write("one", tree(first, false), TIME, folder);
        Layer other = Layer.write("other", tree(second, true), TIME, folder);

        assertThat(other.digest()).isEqualTo(one.digest());
        assertThat(other.diffId()).isEqualTo(one.diffId());
        assertThat(Digests.sha256(one.blob())).isEqualTo(one.digest());
    }

    @Test
    void another_byte_another_mode_and_another_target_give_another_layer() throws Exception {
        var plain = new Tree().putText("a", "1");
        var bytes = new Tree().putText("a", "2");
        var mode = new Tree().put("a", new File(new Node.Bytes(new byte[] {'1'}), true));
        var link = new Tree().put("a", new Link("1"));

        List<String> digests = new ArrayList<>();
        for (Tree tree : List.of(plain, bytes, mode, link)) {
            digests.add(Layer.write("x", tree, TIME, folder).diffId());
        }
        assertThat(digests).doesNotHaveDuplicates();
    }

    @Test
    void entries_are_roots_in_order_and_of_the_given_time() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "content");
        Layer layer = Layer.write("layer", tree(file, false), TIME, folder);

        List<TarArchiveEntry> entries = new ArrayList<>();
        try (var tar =
                new TarArchiveInputStream(
                        new GZIPInputStream(Files.newInputStream(layer.blob())))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                entries.add(entry);
            }
        }

        assertThat(entries)
                .extracting(TarArchiveEntry::getName)
                .containsExactly("bin/", "bin/program", "bin/sh", "var/", "var/volume/");
        assertThat(entries).allMatch(entry -> entry.getLastModifiedTime().toInstant().equals(TIME));
        assertThat(entries.get(1).getMode() & 0777).isEqualTo(0755);
        assertThat(entries.get(2).getLinkName()).isEqualTo("program");
        assertThat(entries.get(4).getLongUserId()).isEqualTo(65532);
        assertThat(entries.subList(0, 4)).allMatch(entry -> entry.getLongUserId() == 0);
        assertThat(entries).allMatch(entry -> entry.getUserName().isEmpty());
    }

    private static Tree tree(Path file, boolean backwards) throws BuildFailure {
        var tree = new Tree();
        if (backwards) {
            tree.put("var/volume", new Folder(0755, 65532)).put("bin/sh", new Link("program"));
        }
        tree.put("bin/program", new File(new OnDisk(file), true));
        tree.putAll(
                new Tree()
                        .put("bin/sh", new Link("program"))
                        .put("var/volume", new Folder(0755, 65532)));
        return tree;
    }
}
