package dev.lunaria.registry;

/**
 * A document as the registry holds it. Immutable.
 *
 * @param name unique among the documents of its kind
 * @param resourceVersion changes with every change of the document; opaque, for {@link
 *     Registry#replace} and {@link Registry#delete}
 * @param spec what it says
 */
public record Document<S extends Spec>(String name, String resourceVersion, S spec) {}
