package dev.lunaria.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a program of others and finds a figure in what it prints. Stateless. */
final class ForeignProgram {
    private ForeignProgram() {}

    /**
     * Runs it to its end.
     *
     * @return the last place where the pattern is found
     * @throws IOException where it fails or prints no such thing, with its last line
     */
    static Matcher run(List<String> command, Map<String, String> environment, Pattern figure)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        Matcher found = figure.matcher(output);
        int last = -1;
        while (found.find()) {
            last = found.start();
        }
        if (code != 0 || last < 0 || !found.find(last)) {
            String end = output.strip();
            throw new IOException(
                    "%s ended with %d: %s"
                            .formatted(
                                    command.getFirst(),
                                    code,
                                    end.substring(Math.max(0, end.lastIndexOf('\n') + 1))));
        }
        return found;
    }
}
