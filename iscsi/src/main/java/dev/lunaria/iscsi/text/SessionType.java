package dev.lunaria.iscsi.text;

/** What a session is for (RFC 7143 §13.21). */
public enum SessionType {
    NORMAL,
    DISCOVERY
}
