package dev.lunaria.node.format;

/**
 * A program of the host that is run as a {@link Child}. Immutable.
 *
 * @param program its name, looked up in the system's folders and never in PATH
 * @param origin the package that brings it, by the name that most distributions share
 */
public record Tool(String program, String origin) {}
