package dev.lunaria.target.device;

import java.util.UUID;

/**
 * Who a logical unit is; never changes. Immutable.
 *
 * @param id UUID of the LUN: its unit serial number, and part of its designators
 * @param targetName iSCSI name of the target behind which it is LUN 0
 */
public record UnitIdentity(UUID id, String targetName) {}
