package dev.lunaria.bench.load;

/** A load that can't go on: the target is away, refused a command, or gave back other bytes. */
public final class LoadFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With what happened. */
    public LoadFailure(String message) {
        super(message);
    }
}
