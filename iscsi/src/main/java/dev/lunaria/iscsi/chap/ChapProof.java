package dev.lunaria.iscsi.chap;

import org.jspecify.annotations.Nullable;

/**
 * What proves an initiator, and what proves the target to it then. Immutable.
 *
 * @param initiator what the initiator must prove
 * @param target what the target can prove; null for one-way authentication
 */
public record ChapProof(ChapCredential initiator, @Nullable ChapCredential target) {
    public ChapProof {
        if (target != null && target.secret().equals(initiator.secret())) {
            // RFC 7143 §9.2.1.
            throw new IllegalArgumentException("each direction needs its own CHAP secret");
        }
    }
}
