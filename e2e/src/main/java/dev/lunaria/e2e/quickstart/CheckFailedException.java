package dev.lunaria.e2e.quickstart;

/** Something is not as it was promised. */
public final class CheckFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CheckFailedException(String message) {
        super(message);
    }

    /** Throws unless the condition holds. */
    public static void check(boolean holds, String message) {
        if (!holds) {
            throw new CheckFailedException(message);
        }
    }
}
