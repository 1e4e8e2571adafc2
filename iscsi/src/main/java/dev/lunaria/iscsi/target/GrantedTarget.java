package dev.lunaria.iscsi.target;

import java.util.List;

/**
 * A target that an initiator may log in to, as SendTargets names it (RFC 7143 appendix C).
 *
 * @param name iSCSI name
 * @param addresses host, port and portal group tag of its portals: {@code 10.0.0.1:3260,1}, or
 *     {@code [fd00::1]:3260,1}
 */
public record GrantedTarget(String name, List<String> addresses) {
    public GrantedTarget {
        addresses = List.copyOf(addresses);
    }
}
