package dev.lunaria.target.catalog;

import java.io.IOException;

/** A pool's folder or one of its documents can't be used as it is; the message says what to do. */
public final class CatalogException extends IOException {
    private static final long serialVersionUID = 1;

    private final Problem problem;

    /** What is wrong. */
    public enum Problem {
        /** The folder was never initialised. */
        NOT_A_POOL,
        /** The folder holds something else, or a pool already. */
        NOT_EMPTY,
        /** Written by a newer version of the program. */
        NEWER,
        /** Not what this program wrote. */
        GARBAGE
    }

    public CatalogException(Problem problem, String message) {
        super(message);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
