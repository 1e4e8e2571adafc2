package dev.lunaria.images;

/** Why images can't be made, and what to do, for the person who makes them. */
final class BuildFailure extends Exception {
    private static final long serialVersionUID = 1;

    BuildFailure(String message) {
        super(message);
    }

    BuildFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
