package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeTest {

    @Test
    void a_file_brings_its_folders_and_keeps_one_that_was_said() throws BuildFailure {
        var tree = new Tree().put("var/lib", new Folder(0700, 7)).putText("var/lib/a/b", "b");

        assertThat(tree.nodes().keySet())
                .containsExactly("var", "var/lib", "var/lib/a", "var/lib/a/b");
        assertThat(tree.nodes().get("var/lib")).isEqualTo(new Folder(0700, 7));
    }

    @Test
    void two_different_files_at_one_path_are_refused() throws BuildFailure {
        var tree = new Tree().putText("etc/a", "1");

        tree.putText("etc/a", "1");
        assertThatThrownBy(() -> tree.putText("etc/a", "2")).hasMessageContaining("/etc/a");
        assertThatThrownBy(() -> tree.put("etc/a", new Link("b"))).isInstanceOf(BuildFailure.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/etc/a", "../a", "etc/../a"})
    void a_path_that_leaves_the_layer_is_refused(String path) {
        assertThatThrownBy(() -> new Tree().putText(path, "")).isInstanceOf(BuildFailure.class);
    }
}
