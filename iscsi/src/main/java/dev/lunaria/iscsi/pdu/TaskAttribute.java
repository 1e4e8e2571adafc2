package dev.lunaria.iscsi.pdu;

/**
 * How a command is ordered among others (RFC 7143 §11.3.1, SAM-5 §8.6); the code is the constant's
 * ordinal.
 */
public enum TaskAttribute {
    UNTAGGED,
    SIMPLE,
    ORDERED,
    HEAD_OF_QUEUE,
    ACA,
    RESERVED_5,
    RESERVED_6,
    RESERVED_7
}
