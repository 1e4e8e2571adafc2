package dev.lunaria.controller.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.setup.InstallationObjects.Found;
import dev.lunaria.controller.setup.InstallationObjects.Kind;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link InstallationObjects} promise, whoever keeps them. */
public abstract class InstallationObjectsContract {

    private static final Map<String, String> ONE = Map.of("tls.crt", "a\n", "tls.key", "b");
    private static final Map<String, String> OTHER = Map.of("tls.crt", "ä", "tls.key", "");

    /** Without any objects. */
    protected abstract InstallationObjects objects();

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatIsWrittenIsRead(Kind kind) {
        InstallationObjects objects = objects();

        assertThat(objects.read(kind, "a")).isEmpty();
        assertThat(objects.write(kind, "a", ONE, Optional.empty())).isTrue();
        assertThat(objects.read(kind, "a")).map(Found::entries).contains(ONE);
        assertThat(objects.read(kind, "b")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ofTwoWhoMakeItOneSucceeds(Kind kind) {
        InstallationObjects objects = objects();

        assertThat(objects.write(kind, "a", ONE, Optional.empty())).isTrue();
        assertThat(objects.write(kind, "a", OTHER, Optional.empty())).isFalse();
        assertThat(objects.read(kind, "a")).map(Found::entries).contains(ONE);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ofTwoWhoChangeItOneSucceeds(Kind kind) {
        InstallationObjects objects = objects();
        assertThat(objects.write(kind, "a", ONE, Optional.empty())).isTrue();
        Optional<Found> before = objects.read(kind, "a");

        assertThat(objects.write(kind, "a", OTHER, before)).isTrue();
        assertThat(objects.write(kind, "a", ONE, before)).isFalse();
        assertThat(objects.read(kind, "a")).map(Found::entries).contains(OTHER);
    }

    @Test
    void theClustersUidStays() {
        InstallationObjects objects = objects();

        assertThat(objects.clusterUid()).isNotEmpty().isEqualTo(objects.clusterUid());
    }
}
