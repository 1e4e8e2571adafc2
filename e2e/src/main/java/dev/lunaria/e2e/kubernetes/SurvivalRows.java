package dev.lunaria.e2e.kubernetes;

import static dev.lunaria.e2e.kubernetes.Chapter.step;

import dev.lunaria.e2e.kubernetes.LunariaPods.Part;
import java.io.IOException;
import java.util.List;

/** What pods with volumes survive without noticing more than a pause. One thread. */
final class SurvivalRows {
    private static final String EXT4 = "lunaria-ext4";

    private final ClusterObjects objects;
    private final LunariaPods pods;
    private final Writer writer;
    private final Release release;

    SurvivalRows(ClusterObjects objects, Release release) {
        this.objects = objects;
        this.pods = new LunariaPods(objects.client());
        this.writer = new Writer(objects);
        this.release = release;
    }

    Chapter chapter() {
        return new Chapter(
                "A file is kept open and fsynced ten times a second",
                List.of(
                        step("the target server's pod is deleted", this::targetDies),
                        step(
                                "the node plugins' pods are deleted",
                                () -> writer.during(() -> pods.replace(Part.NODE))),
                        step(
                                "both at once",
                                () -> writer.during(() -> pods.replace(Part.TARGET, Part.NODE))),
                        step(
                                "the controllers' pods are deleted; a claim is bound",
                                this::controllersDie),
                        step(
                                "helm upgrade replaces all but the disk processes",
                                () -> writer.during(release::upgrade))));
    }

    private String targetDies() throws IOException, InterruptedException {
        writer.start(EXT4);
        return writer.during(() -> pods.replace(Part.TARGET));
    }

    private String controllersDie() throws IOException, InterruptedException {
        return writer.during(() -> {
            pods.kill(Part.CONTROLLER);
            objects.apply(Manifests.claim("after", EXT4, "1Gi"));
            objects.bound("after");
        });
    }
}
