package dev.lunaria.target.grant;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/** What a grant may be, alone and beside others. Stateless: any thread. */
final class GrantRules {

    /** Longest name of a node, in characters (CSI: node ids have at most 256 bytes). */
    static final int MAX_NODE_CHARACTERS = 256;

    /** Shortest CHAP secret in bytes (RFC 7143 §9.2.1: 96 random bits). */
    static final int MIN_SECRET_BYTES = 12;

    /** Longest CHAP secret in bytes. */
    static final int MAX_SECRET_BYTES = 255;

    private static final Pattern ISCSI_NAME =
            Pattern.compile("(?:iqn|eui|naa)\\.[a-z0-9.:_-]{1,219}");
    private static final Pattern KEY = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    private GrantRules() {}

    static void check(GrantRequest request) throws RefusedException {
        checkNode(request.node());
        if (request.epoch() < 1) {
            throw invalid("an epoch is at least 1");
        }
        if (!ISCSI_NAME.matcher(request.initiatorName()).matches()) {
            throw invalid("initiator_name must be an iSCSI name in lower case, at most 223 bytes");
        }
        if (!KEY.matcher(request.keyId()).matches()) {
            throw invalid("key_id must be 1 to 32 of a-z, 0-9 and -");
        }
        checkSecret(request.chap().initiator().length());
        checkSecret(request.chap().target().length());
        if (request.chap().initiator().equals(request.chap().target())) {
            throw invalid("the two CHAP secrets must differ (RFC 7143 §12.1.3)");
        }
    }

    static void checkNode(String node) throws RefusedException {
        if (node.isEmpty()
                || node.length() > MAX_NODE_CHARACTERS
                || node.chars().anyMatch(Character::isISOControl)) {
            throw invalid(
                    "a node's name has 1 to %d characters, no control characters"
                            .formatted(MAX_NODE_CHARACTERS));
        }
    }

    /** The grant that is there, if it is what is asked for; with the secrets and the key it has. */
    static Grant same(CatalogLun lun, Grant there, GrantRequest asked) throws RefusedException {
        if (there.access() != asked.access()
                || there.exclusive() != asked.exclusive()
                || !there.initiatorName().equals(asked.initiatorName())) {
            throw new RefusedException(
                    Reason.EXISTS_OTHERWISE,
                    "node %s holds a grant on LUN %s that is %s%s for %s: revoke it first"
                            .formatted(
                                    there.node(),
                                    lun.facts().id(),
                                    there.access(),
                                    there.exclusive() ? ", exclusive," : "",
                                    there.initiatorName()));
        }
        return there;
    }

    /**
     * Whether the others' grants leave room. One that is being revoked counts: it may still write.
     */
    static void checkOthers(
            CatalogLun lun, SequencedMap<String, Grant> grants, GrantRequest request)
            throws RefusedException {
        for (Grant other : grants.values()) {
            if (!other.lives() || other.node().equals(request.node())) {
                continue;
            }
            if (request.exclusive() || other.exclusive()) {
                throw new RefusedException(
                        Reason.PRECONDITION,
                        "node %s holds %s grant on LUN %s: revoke it first"
                                .formatted(
                                        other.node(),
                                        other.exclusive() ? "an exclusive" : "a",
                                        lun.facts().id()));
            }
            if (other.initiatorName().equals(request.initiatorName())) {
                throw new RefusedException(
                        Reason.PRECONDITION,
                        "node %s logs in to LUN %s with the same initiator name %s: names must differ"
                                .formatted(
                                        other.node(), lun.facts().id(), request.initiatorName()));
            }
        }
    }

    private static void checkSecret(int bytes) throws RefusedException {
        if (bytes < MIN_SECRET_BYTES || bytes > MAX_SECRET_BYTES) {
            throw invalid(
                    "a CHAP secret has %d to %d bytes"
                            .formatted(MIN_SECRET_BYTES, MAX_SECRET_BYTES));
        }
    }

    private static RefusedException invalid(String message) {
        return new RefusedException(Reason.INVALID, message);
    }
}
