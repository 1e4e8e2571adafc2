package dev.lunaria.controller.volume;

import java.util.regex.Pattern;

/** What a node may be called: a DNS subdomain (RFC 1123), as Kubernetes has it. No state. */
public final class NodeNames {

    /** Longest name, in characters. */
    public static final int MAX_LENGTH = 253;

    private static final Pattern DNS_SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private NodeNames() {}

    /**
     * Whether a node may be called so; one that can't be was never registered, and holds no grant.
     */
    public static boolean isPossible(String name) {
        return name.length() <= MAX_LENGTH && DNS_SUBDOMAIN.matcher(name).matches();
    }
}
