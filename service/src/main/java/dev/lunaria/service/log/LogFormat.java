package dev.lunaria.service.log;

/** Form of the log on stderr. */
public enum LogFormat {
    /** One JSON object a line. */
    JSON,
    /** One line of text for people. */
    TEXT
}
