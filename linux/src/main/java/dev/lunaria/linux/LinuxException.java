package dev.lunaria.linux;

import java.io.IOException;

/**
 * A system call that failed: which, on what, and with which errno.
 *
 * <p>It is checked, and an {@link IOException}: a failing call is part of every caller's life (a
 * full disk, a mount that is busy), each caller must decide at its own edge what becomes of it, and
 * code that mixes these calls with java.nio handles both in one place.
 */
public final class LinuxException extends IOException {

    private final int errno;
    private final String call;
    private final String argument;

    /**
     * @param call the call's name as in its manual page, for an ioctl that of the request
     * @param errno a positive errno, see {@link Errno}
     * @param argument what the call was about: a path, or a descriptor's path
     */
    public LinuxException(String call, int errno, String argument) {
        super(call + "(" + argument + "): " + Errno.name(errno));
        this.call = call;
        this.errno = errno;
        this.argument = argument;
    }

    /** The error number, positive. */
    public int errno() {
        return errno;
    }

    /** The error number's name, as ENOSPC. */
    public String errnoName() {
        return Errno.name(errno);
    }

    /** The call's name. */
    public String call() {
        return call;
    }

    /** What the call was about. */
    public String argument() {
        return argument;
    }

    /** Whether the error is this one, for conditions that read as {@code e.is(Errno.ENOENT)}. */
    public boolean is(int wanted) {
        return errno == wanted;
    }
}
