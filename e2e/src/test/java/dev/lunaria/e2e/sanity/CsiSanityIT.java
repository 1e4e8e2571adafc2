package dev.lunaria.e2e.sanity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.e2e.scenario.GinkgoReport;
import dev.lunaria.e2e.scenario.GinkgoReport.Case;
import dev.lunaria.e2e.scenario.GinkgoReport.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** csi-sanity against controller, node plugin, disk process and target server as processes. */
@Tag("long")
class CsiSanityIT {

    private static final Logger log = LoggerFactory.getLogger(CsiSanityIT.class);

    private static final String NODE = "mybox0";

    private InstallationUnderTest lunaria;
    private CsiSanity sanity;

    @BeforeEach
    void start() throws Exception {
        Requirements.blockDevices();
        CsiSanity.Found found = CsiSanity.find(Requirements.programs());
        assumeTrue(found.sanity().isPresent(), found.why());
        sanity = found.sanity().orElseThrow();
        lunaria = InstallationUnderTest.start("sanity");
        var _ = lunaria.installation().addHost(NODE);
    }

    @AfterEach
    void remove() throws Exception {
        if (lunaria != null) {
            lunaria.remove();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mount", "block"})
    void every_case_passes_or_is_skipped_for_a_known_reason(String accessType) throws Exception {
        GinkgoReport report = sanity.run(lunaria.installation().layout(), NODE, accessType);
        log.info(
                "csi-sanity {}, access type {}: {}",
                CsiSanity.VERSION,
                accessType,
                report.counts());
        for (Case skipped : report.of(Outcome.SKIPPED)) {
            log.info("csi-sanity skipped \"{}\": {}", skipped.name(), skipped.message());
        }
        assertThat(report.of(Outcome.FAILED)).as(report.counts()).isEmpty();
        assertThat(report.of(Outcome.SKIPPED))
                .as("skipped for no known reason")
                .allMatch(skipped -> CsiSanity.expectedSkip(skipped).isPresent());
        assertThat(report.of(Outcome.PASSED)).isNotEmpty();
    }
}
