package dev.lunaria.controller;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.RegistryException;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** How commands about nodes answer: what was done on stdout, why not on stderr. No state. */
final class NodeAnswers {

    /** Exit code where it wasn't done. */
    private static final int REFUSED = 1;

    private NodeAnswers() {}

    /** What is done about a node. */
    interface Work {
        /** Returns what was done, a sentence a line. */
        List<String> run() throws InterruptedException;
    }

    /** The exit code. */
    static int answer(@Nullable CommandSpec spec, Work work) throws InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("picocli fills it");
        }
        try {
            print(spec.commandLine().getOut(), work.run());
            return 0;
        } catch (Failure | RegistryException e) {
            print(spec.commandLine().getErr(), List.of(String.valueOf(e.getMessage())));
            return REFUSED;
        }
    }

    private static void print(PrintWriter out, List<String> lines) {
        lines.forEach(out::println);
        out.flush();
    }
}
