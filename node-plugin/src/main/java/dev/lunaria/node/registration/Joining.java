package dev.lunaria.node.registration;

/** How this node becomes a member of shared filesystems. For any thread. */
public interface Joining {
    /** Why the controller didn't make it one; empty where it did, or hasn't answered yet. */
    String refusal();

    /** Has the controller asked again, soon. */
    void again();
}
