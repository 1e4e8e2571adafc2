package dev.lunaria.controller.volume;

/** Says which nodes volumes may be published to. Used by any thread. */
@FunctionalInterface
public interface NodesInService {

    /** Where nobody says that a node is out of service. */
    NodesInService ALL = node -> {};

    /**
     * {@code IN_USE} where the node is out of service: it is fenced, and stays so until somebody
     * says that it was restarted. {@code UNAVAILABLE} where that can't be found out.
     */
    void require(String node);
}
