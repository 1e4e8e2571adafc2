package dev.lunaria.e2e.sanity;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.scenario.GinkgoReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * csi-sanity, run against the controller and a host of an installation. No state.
 *
 * @param program the executable
 */
record CsiSanity(Path program) {

    /** The release that {@code build/csi-sanity} builds. */
    static final String VERSION = "5.5.0";

    private static final long MIB = 1L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(400);

    /** Cases that are left out here, by what their names hold, and why that is right. */
    private static final Map<String, String> EXPECTED_SKIPS =
            Map.of(
                    "should detect volumes added between pages",
                    "pending in csi-sanity itself",
                    "NodeGetVolumeHealth",
                    "the capability isn't announced",
                    "with volume condition",
                    "removed from CSI 1.13");

    /** Built with Go where it isn't there yet; where it can't be had, why. */
    record Found(Optional<CsiSanity> sanity, String why) {}

    static Found find(Distribution programs) throws IOException, InterruptedException {
        Process find =
                new ProcessBuilder(programs.project().resolve("build/csi-sanity").toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(find.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return find.waitFor() == 0
                ? new Found(Optional.of(new CsiSanity(Path.of(said.strip()))), "")
                : new Found(Optional.empty(), said.strip());
    }

    /**
     * All cases.
     *
     * @param host name of the host whose node plugin is called
     * @param accessType {@code mount} or {@code block}
     * @throws IOException also where it doesn't end in time
     */
    GinkgoReport run(Layout layout, String host, String accessType)
            throws IOException, InterruptedException {
        Path junit = layout.root().resolve("sanity.xml");
        Path mutable = layout.root().resolve("mutable.yaml");
        Files.writeString(mutable, "iopsLimit: \"100000\"\n");
        Process run =
                new ProcessBuilder(
                                program.toString(),
                                "--csi.endpoint=unix://" + layout.socket(host),
                                "--csi.controllerendpoint=unix://" + layout.socket("controller"),
                                "--csi.mountdir=" + layout.root().resolve("sanity-mount"),
                                "--csi.stagingdir=" + layout.root().resolve("sanity-staging"),
                                "--csi.testvolumesize=" + 400 * MIB,
                                "--csi.testvolumeexpandsize=" + 500 * MIB,
                                "--csi.testvolumeaccesstype=" + accessType,
                                "--csi.testvolumemutableparameters=" + mutable,
                                "--csi.testnodevolumeattachlimit",
                                "--ginkgo.no-color",
                                "--ginkgo.junit-report=" + junit)
                        .redirectErrorStream(true)
                        .redirectOutput(layout.root().resolve("sanity.log").toFile())
                        .start();
        try {
            if (!run.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("csi-sanity didn't end in " + PATIENCE.toSeconds() + " s");
            }
        } finally {
            run.destroyForcibly();
        }
        return GinkgoReport.read(junit);
    }

    /** Why it is right that a case was skipped; empty where nobody has said so. */
    static Optional<String> expectedSkip(GinkgoReport.Case skipped) {
        return EXPECTED_SKIPS.entrySet().stream()
                .filter(expected -> skipped.name().contains(expected.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }
}
