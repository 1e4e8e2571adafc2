package dev.lunaria.node.cluster;

/**
 * A node that shares filesystems, as the registry has it. Immutable.
 *
 * @param node its name
 * @param number 1 to 254, its alone
 * @param address IPv4 address at which the others reach it, at port {@value #PORT}
 * @param left whether it is gone, and its number isn't free yet
 */
record Member(String node, int number, String address, boolean left) {
    /** The port that o2cb's tools use as well; open between all members. */
    static final int PORT = 7777;

    /** Its entry's name in configfs; the kernel asks for no particular one. */
    String entry() {
        return "n" + number;
    }
}
