package dev.lunaria.linux;

import java.util.Map;

/**
 * Error numbers of Linux and their symbolic names (errno(3)). The numbers are those of
 * asm-generic/errno.h, which x86_64 and aarch64 share.
 */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ESPIPE = 29;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EBADMSG = 74;
    public static final int EOVERFLOW = 75;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EINPROGRESS = 115;
    public static final int ESTALE = 116;
    public static final int EUCLEAN = 117;
    public static final int EREMOTEIO = 121;
    public static final int EDQUOT = 122;
    public static final int ENOMEDIUM = 123;

    private static final Map<Integer, String> NAMES =
            Map.ofEntries(
                    Map.entry(EPERM, "EPERM"),
                    Map.entry(ENOENT, "ENOENT"),
                    Map.entry(ESRCH, "ESRCH"),
                    Map.entry(EINTR, "EINTR"),
                    Map.entry(EIO, "EIO"),
                    Map.entry(ENXIO, "ENXIO"),
                    Map.entry(E2BIG, "E2BIG"),
                    Map.entry(EBADF, "EBADF"),
                    Map.entry(ECHILD, "ECHILD"),
                    Map.entry(EAGAIN, "EAGAIN"),
                    Map.entry(ENOMEM, "ENOMEM"),
                    Map.entry(EACCES, "EACCES"),
                    Map.entry(EFAULT, "EFAULT"),
                    Map.entry(EBUSY, "EBUSY"),
                    Map.entry(EEXIST, "EEXIST"),
                    Map.entry(EXDEV, "EXDEV"),
                    Map.entry(ENODEV, "ENODEV"),
                    Map.entry(ENOTDIR, "ENOTDIR"),
                    Map.entry(EISDIR, "EISDIR"),
                    Map.entry(EINVAL, "EINVAL"),
                    Map.entry(ENFILE, "ENFILE"),
                    Map.entry(EMFILE, "EMFILE"),
                    Map.entry(ENOTTY, "ENOTTY"),
                    Map.entry(ETXTBSY, "ETXTBSY"),
                    Map.entry(EFBIG, "EFBIG"),
                    Map.entry(ENOSPC, "ENOSPC"),
                    Map.entry(ESPIPE, "ESPIPE"),
                    Map.entry(EROFS, "EROFS"),
                    Map.entry(EPIPE, "EPIPE"),
                    Map.entry(ERANGE, "ERANGE"),
                    Map.entry(ENAMETOOLONG, "ENAMETOOLONG"),
                    Map.entry(ENOSYS, "ENOSYS"),
                    Map.entry(ENOTEMPTY, "ENOTEMPTY"),
                    Map.entry(ELOOP, "ELOOP"),
                    Map.entry(ENODATA, "ENODATA"),
                    Map.entry(EBADMSG, "EBADMSG"),
                    Map.entry(EOVERFLOW, "EOVERFLOW"),
                    Map.entry(EOPNOTSUPP, "EOPNOTSUPP"),
                    Map.entry(EADDRINUSE, "EADDRINUSE"),
                    Map.entry(ENOBUFS, "ENOBUFS"),
                    Map.entry(ECONNREFUSED, "ECONNREFUSED"),
                    Map.entry(EHOSTUNREACH, "EHOSTUNREACH"),
                    Map.entry(EINPROGRESS, "EINPROGRESS"),
                    Map.entry(ECONNABORTED, "ECONNABORTED"),
                    Map.entry(ECONNRESET, "ECONNRESET"),
                    Map.entry(ENOTCONN, "ENOTCONN"),
                    Map.entry(ETIMEDOUT, "ETIMEDOUT"),
                    Map.entry(ESTALE, "ESTALE"),
                    Map.entry(EUCLEAN, "EUCLEAN"),
                    Map.entry(EREMOTEIO, "EREMOTEIO"),
                    Map.entry(EDQUOT, "EDQUOT"),
                    Map.entry(ENOMEDIUM, "ENOMEDIUM"));

    private Errno() {}

    /** The symbolic name, or {@code errno N} for a number that has none here. */
    public static String name(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
