package dev.lunaria.target.catalog;

import dev.lunaria.service.secret.Secret;

/**
 * Both directions' CHAP secrets of one grant (RFC 7143 §12.1). Immutable.
 *
 * @param initiator with which the initiator proves itself
 * @param target with which the target proves itself
 */
public record ChapSecrets(Secret initiator, Secret target) {}
