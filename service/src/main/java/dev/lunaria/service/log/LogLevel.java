package dev.lunaria.service.log;

/** Least severe level that is logged. */
public enum LogLevel {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR;

    /**
     * The level of that name, in any case.
     *
     * @throws IllegalArgumentException where there is none
     */
    public static LogLevel named(String name) {
        for (LogLevel level : values()) {
            if (level.name().equalsIgnoreCase(name.strip())) {
                return level;
            }
        }
        throw new IllegalArgumentException(
                "'" + name + "' isn't one of trace, debug, info, warn, error");
    }
}
