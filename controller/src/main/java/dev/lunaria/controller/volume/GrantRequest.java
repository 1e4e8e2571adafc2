package dev.lunaria.controller.volume;

import dev.lunaria.service.secret.ChapSecretDerivation;
import java.util.UUID;

/**
 * A grant to be made. Immutable; prints no secret.
 *
 * @param epoch what the caller believes the pair of LUN and node to be at
 */
public record GrantRequest(
        UUID lun,
        String node,
        long epoch,
        boolean readOnly,
        boolean exclusive,
        String initiatorName,
        String keyId,
        ChapSecretDerivation.Secrets secrets) {}
