package dev.lunaria.registry;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What a node is in the cluster that shares filesystems (OCFS2's o2cb): under which number and
 * address the other nodes know it. Written by the controller alone. Immutable.
 *
 * @param number {@value #LOWEST} to {@value #HIGHEST}, unlike that of any other node; 0 is given to
 *     nobody, as it is what a message says that has no number
 * @param address IPv4 address at which the other members reach it
 * @param state whether the number is its own yet, and whether the node is there still
 */
public record ClusterMember(int number, String address, State state) {

    public static final int LOWEST = 1;

    /** OCFS2 has node numbers up to this one (O2NM_MAX_NODES in Linux fs/ocfs2/cluster). */
    public static final int HIGHEST = 254;

    public ClusterMember {
        if (number < LOWEST || number > HIGHEST) {
            throw new IllegalArgumentException("member.number may be " + LOWEST + " to " + HIGHEST);
        }
        Fields.required(address, "member.address");
        Fields.required(state, "member.state");
    }

    /** A member's life. */
    public enum State {
        /** The number is asked for; another node may have asked for it at the same moment. */
        @JsonProperty("Claimed")
        CLAIMED,
        /** The number is its own. */
        @JsonProperty("Member")
        MEMBER,
        /** The node is gone; nobody gets the number before it provably can't write any more. */
        @JsonProperty("Left")
        LEFT
    }

    /** The same member in another state. */
    public ClusterMember with(State other) {
        return new ClusterMember(number, address, other);
    }

    /** The same member at another address. */
    public ClusterMember at(String other) {
        return new ClusterMember(number, other, state);
    }
}
