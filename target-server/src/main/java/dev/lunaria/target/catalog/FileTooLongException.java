package dev.lunaria.target.catalog;

import java.io.IOException;

/** A filesystem has no files of the length that was asked for; nothing was changed. */
public final class FileTooLongException extends IOException {
    private static final long serialVersionUID = 1;

    public FileTooLongException(String message, Throwable cause) {
        super(message, cause);
    }
}
