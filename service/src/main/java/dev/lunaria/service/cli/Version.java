package dev.lunaria.service.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of this build, from a resource that the build writes. Immutable. */
public final class Version {
    private static final String RESOURCE = "version.properties";

    private Version() {}

    /** The version as {@code --version} prints it, "0.1.0" or "0.1.0-SNAPSHOT". */
    public static String current() {
        var properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                return "unknown";
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }
}
