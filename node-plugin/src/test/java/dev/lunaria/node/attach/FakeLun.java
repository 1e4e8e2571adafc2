package dev.lunaria.node.attach;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.UUID;

/** A volume at a target server, as nodes see it: its bytes, its grant and its format state. */
public final class FakeLun {
    /** What nodes must show. */
    public final UUID identity = UUID.randomUUID();

    final Path file;
    private long grantedEpoch = 1;
    private FormatState format = new FormatState.Blank(1);
    private int formattingEntries;

    /** A volume over a sparse file. */
    public FakeLun(Path file) {
        this.file = file;
    }

    /** Fences every session, and grants with the next epoch. */
    public synchronized void fenceAndGrantAgain() {
        grantedEpoch++;
        if (format instanceof FormatState.Formatting f) {
            format =
                    new FormatState.Formatting(
                            f.generation(), f.filesystem(), false, true, f.ownerNode());
        }
    }

    /** Grows it, as the target does when the controller asks; tells nobody. */
    public void grow(long bytes) throws IOException {
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(bytes);
        }
    }

    /** The epoch that may log in. */
    public synchronized long grantedEpoch() {
        return grantedEpoch;
    }

    /** How often FORMATTING was entered. */
    public synchronized int formattingEntries() {
        return formattingEntries;
    }

    /** Sets what the target says. */
    public synchronized void setFormat(FormatState state) {
        format = state;
    }

    /** What the target says. */
    public synchronized FormatState format() {
        return format;
    }

    synchronized FormatState begin(long generation, String filesystem) {
        if (generation != format.generation()) {
            throw new NodeFailure(Kind.BUSY, "the generation is " + format.generation());
        }
        boolean mayBegin =
                switch (format) {
                    case FormatState.Blank _ -> true;
                    case FormatState.Formatting f -> f.mine() || f.ownerFenced();
                    case FormatState.Ready _ -> false;
                };
        if (!mayBegin) {
            throw NodeFailure.precondition("not to be formatted: " + format);
        }
        formattingEntries++;
        format = new FormatState.Formatting(generation + 1, filesystem, true, false, "mybox0");
        return format;
    }

    synchronized FormatState finish(long generation) {
        if (generation != format.generation()
                || !(format instanceof FormatState.Formatting formatting)) {
            throw new NodeFailure(Kind.BUSY, "the format state is " + format);
        }
        format = new FormatState.Ready(generation + 1, formatting.filesystem());
        return format;
    }
}
