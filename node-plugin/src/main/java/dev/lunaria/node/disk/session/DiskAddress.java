package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.SessionSettings;

/**
 * Which logical unit, and how to log in to it. Immutable.
 *
 * @param session names, portals, credentials, times
 * @param identity UUID that the unit must show
 * @param readOnly whether writes are refused here, whatever the target says
 */
public record DiskAddress(SessionSettings session, String identity, boolean readOnly) {}
