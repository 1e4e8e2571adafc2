package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.scenario.Tally;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;

/**
 * Rows of calls, each with the code that it is to be answered with (CSI 1.x, "Error Scheme"). Used
 * by one thread.
 */
final class ExpectedCodes {
    private final Tally tally;

    /** A call. */
    interface Call {
        /** Makes it. */
        void make() throws Exception;
    }

    /** One line of a table. */
    record Line(String name, Code expected, Call call) {}

    ExpectedCodes(Tally tally) {
        this.tally = tally;
    }

    /** Makes the calls, one after the other. */
    void rows(List<Line> lines) throws InterruptedException {
        for (Line line : lines) {
            tally.row(line.name(), () -> answered(line));
        }
    }

    private static String answered(Line line) throws Exception {
        try {
            line.call().make();
        } catch (StatusRuntimeException e) {
            check(
                    e.getStatus().getCode() == line.expected(),
                    "%s expected, and it is %s".formatted(line.expected(), e.getStatus()));
            return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
        }
        check(line.expected() == Code.OK, line.expected() + " expected, and it is OK");
        return "";
    }
}
