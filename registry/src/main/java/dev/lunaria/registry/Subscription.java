package dev.lunaria.registry;

/** A running watch. May be closed by any thread, and more than once. */
public interface Subscription extends AutoCloseable {

    /** Ends the watch. A change that is being told just then may still arrive. */
    @Override
    void close();
}
