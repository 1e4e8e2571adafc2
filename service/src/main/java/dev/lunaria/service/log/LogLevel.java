package dev.lunaria.service.log;

/** Least severe level that is logged. */
public enum LogLevel {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
}
