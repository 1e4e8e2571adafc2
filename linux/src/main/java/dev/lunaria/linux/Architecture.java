package dev.lunaria.linux;

/** The processor architecture of this process: where numbers in the kernel's interface differ. */
enum Architecture {
    X86_64,
    AARCH64;

    private static final Architecture CURRENT = of(System.getProperty("os.arch", ""));

    /** The one this process runs on. */
    static Architecture current() {
        return CURRENT;
    }

    /** By the name that the JDK gives it. */
    static Architecture of(String name) {
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default ->
                    throw new UnsupportedOperationException(
                            "Lunaria runs on x86_64 and aarch64, not on " + name);
        };
    }
}
