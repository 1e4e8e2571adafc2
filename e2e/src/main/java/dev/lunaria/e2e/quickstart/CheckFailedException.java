package dev.lunaria.e2e.quickstart;

/** Something is not as it was promised. */
final class CheckFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CheckFailedException(String message) {
        super(message);
    }

    /** Throws unless the condition holds. */
    static void check(boolean holds, String message) {
        if (!holds) {
            throw new CheckFailedException(message);
        }
    }
}
