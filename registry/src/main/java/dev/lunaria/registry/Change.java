package dev.lunaria.registry;

/** What a watch tells. Immutable. */
public sealed interface Change<S extends Spec> {

    /** A document is there, or is another than before. */
    record Put<S extends Spec>(Document<S> document) implements Change<S> {}

    /** A document of this name is no more. */
    record Removed<S extends Spec>(String name) implements Change<S> {}

    /** All that was there when the watch began has been told; comes once. */
    record Synced<S extends Spec>() implements Change<S> {}
}
