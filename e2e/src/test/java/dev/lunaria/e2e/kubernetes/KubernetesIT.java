package dev.lunaria.e2e.kubernetes;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code e2e/scenario kubernetes} plays, each of its steps a test. */
@Tag("cluster")
class KubernetesIT {
    private static final Logger log = LoggerFactory.getLogger(KubernetesIT.class);
    private static final int PORT = 16446;

    private static ClusterUnderTest cluster;
    private boolean possible = true;

    /** Where the tier was asked for and could run, what is missing for it is a failure. */
    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for a Kubernetes of its own");
        Path project = Requirements.programs().project();
        Commands commands =
                Commands.find(project, Path.of("/var/tmp/lunaria-kubernetes-of-tests"), PORT);
        List<Path> images = ClusterUnderTest.images(project);
        if (images.size() < 3) {
            throw new IOException("needs the container images: deploy/images/build");
        }
        cluster = ClusterUnderTest.start(commands, images);
    }

    @AfterAll
    static void end() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @TestFactory
    Stream<DynamicNode> what_users_do_and_what_happens_to_them() {
        return new KubernetesScenario(cluster, List.of())
                .chapters().stream()
                        .map(chapter ->
                                dynamicContainer(
                                        chapter.headline(),
                                        chapter.steps().stream().map(this::test)));
    }

    private DynamicTest test(Chapter.Step step) {
        return dynamicTest(
                step.name(),
                () -> {
                    assumeTrue(possible, "there is no installation");
                    possible = !step.necessary();
                    String said = step.row().run();
                    possible = true;
                    log.info("{}: {}", step.name(), said);
                });
    }
}
