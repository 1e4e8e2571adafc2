package dev.lunaria.registry;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where documents are kept. Used by many threads, and by several processes, at once. Holds as much
 * as its source does.
 *
 * <p>Every change is durable when its call returns. All methods throw {@link RegistryException}:
 * {@code UNREADABLE} for a document that can't be understood, {@code UNAVAILABLE} where the source
 * fails; what else, they say.
 */
public interface Registry extends AutoCloseable {

    /** All documents of a kind, by name. One that can't be understood fails the whole list. */
    <S extends Spec> List<Document<S>> list(Kind<S> kind);

    /** The document of that name; empty where there is none. */
    <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name);

    /**
     * Writes a new document. {@code ALREADY_EXISTS} where the name is taken: of two callers, one
     * succeeds.
     */
    <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec);

    /**
     * Gives a document another spec. {@code CONFLICT} where it isn't the one given any more, {@code
     * NOT_FOUND} where it is gone.
     */
    <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec);

    /**
     * Removes a document. Fine where it is gone already; {@code CONFLICT} where it isn't the one
     * given any more.
     */
    <S extends Spec> void delete(Kind<S> kind, Document<S> current);

    /**
     * Tells all documents of a kind, then {@link Change.Synced}, then each change within a bound
     * that the source names. Changes in quick succession may be told as one. The listener is called
     * by one thread at a time, mustn't block, and mustn't throw.
     */
    <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener);

    /** Ends all watches. */
    @Override
    void close();
}
