package dev.lunaria.e2e.sanity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.e2e.sanity.SanityReport.Case;
import dev.lunaria.e2e.sanity.SanityReport.Outcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * csi-sanity, the CSI project's conformance test, against controller, node plugin, disk process and
 * target server as processes. It is built with Go where that is present.
 */
@Tag("long")
class CsiSanityIT {

    private static final Logger log = LoggerFactory.getLogger(CsiSanityIT.class);

    private static final String NODE = "mybox0";
    private static final long MIB = 1L << 20;
    private static final long PATIENCE_SECONDS = 400;

    /** Cases that csi-sanity leaves out here, by what their names hold, and why that is right. */
    private static final Map<String, String> EXPECTED_SKIPS =
            Map.of(
                    "should detect volumes added between pages",
                    "pending in csi-sanity itself",
                    "more volumes than the node max attach limit",
                    "the limit is for the scheduler; ControllerPublishVolume doesn't count",
                    "NodeGetVolumeHealth",
                    "the capability isn't announced",
                    "with volume condition",
                    "removed from CSI 1.13");

    private InstallationUnderTest lunaria;
    private Path sanity;

    @BeforeEach
    void start() throws Exception {
        Requirements.blockDevices();
        sanity = csiSanity(Requirements.programs());
        lunaria = InstallationUnderTest.start("sanity");
        var _ = lunaria.installation().addHost(NODE);
    }

    @AfterEach
    void remove() throws Exception {
        if (lunaria != null) {
            lunaria.remove();
        }
    }

    private static Path csiSanity(Distribution programs) throws Exception {
        Process find =
                new ProcessBuilder(programs.project().resolve("build/csi-sanity").toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(find.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(find.waitFor() == 0, said.strip());
        return Path.of(said.strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mount", "block"})
    void every_case_passes_or_is_skipped_for_a_known_reason(String accessType) throws Exception {
        Layout layout = lunaria.installation().layout();
        Path junit = layout.root().resolve("sanity.xml");
        Path mutable = layout.root().resolve("mutable.yaml");
        Files.writeString(mutable, "iopsLimit: \"100000\"\n");
        Process run =
                new ProcessBuilder(
                                sanity.toString(),
                                "--csi.endpoint=unix://" + layout.socket(NODE),
                                "--csi.controllerendpoint=unix://" + layout.socket("controller"),
                                "--csi.mountdir=" + layout.root().resolve("sanity-mount"),
                                "--csi.stagingdir=" + layout.root().resolve("sanity-staging"),
                                "--csi.testvolumesize=" + 400 * MIB,
                                "--csi.testvolumeexpandsize=" + 500 * MIB,
                                "--csi.testvolumeaccesstype=" + accessType,
                                "--csi.testvolumemutableparameters=" + mutable,
                                "--ginkgo.no-color",
                                "--ginkgo.junit-report=" + junit)
                        .redirectErrorStream(true)
                        .redirectOutput(layout.root().resolve("sanity.log").toFile())
                        .start();
        try {
            assertThat(run.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroyForcibly();
        }
        check(accessType, SanityReport.read(junit));
    }

    private static void check(String accessType, SanityReport report) {
        log.info("csi-sanity 5.5.0, access type {}: {}", accessType, report.counts());
        for (Case skipped : report.of(Outcome.SKIPPED)) {
            log.info("csi-sanity skipped \"{}\": {}", skipped.name(), skipped.message());
        }
        assertThat(report.of(Outcome.FAILED)).as(report.counts()).isEmpty();
        assertThat(report.of(Outcome.SKIPPED))
                .as("skipped for no known reason")
                .filteredOn(skipped -> !isExpected(skipped))
                .isEmpty();
        assertThat(report.of(Outcome.PASSED)).isNotEmpty();
    }

    private static boolean isExpected(Case skipped) {
        return EXPECTED_SKIPS.keySet().stream().anyMatch(skipped.name()::contains);
    }
}
