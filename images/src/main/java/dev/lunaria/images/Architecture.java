package dev.lunaria.images;

import java.util.Locale;

/** A processor that images are made for, under the names that others have for it. */
enum Architecture {
    AMD64("x86_64-linux-gnu", "x86_64"),
    ARM64("aarch64-linux-gnu", "aarch_64");

    private final String triplet;
    private final String nettyClassifier;

    Architecture(String triplet, String nettyClassifier) {
        this.triplet = triplet;
        this.nettyClassifier = nettyClassifier;
    }

    /** Debian's and OCI's name, "amd64". */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The folder of its shared libraries below /usr/lib, "x86_64-linux-gnu". */
    String triplet() {
        return triplet;
    }

    /** What Netty calls it in the names of its native libraries, "x86_64". */
    String nettyClassifier() {
        return nettyClassifier;
    }

    /** That of this machine. */
    static Architecture ofThisMachine() {
        return System.getProperty("os.arch", "").equals("aarch64") ? ARM64 : AMD64;
    }
}
