package dev.lunaria.service.csi;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What the controller tells the node about a published volume: the {@code publish_context} of CSI.
 * Immutable, and nothing in it is secret.
 *
 * @param portals host:port of each portal, in the order in which to try them; 1 to {@link
 *     #MAX_PORTALS}
 * @param targetName iSCSI name of the volume's target
 * @param identity UUID that the logical unit must show
 * @param epoch of the grant, at least 1
 * @param keyId id of the installation key that the CHAP secrets derive from
 */
public record PublishContext(
        List<String> portals, String targetName, UUID identity, long epoch, String keyId) {
    /** Portals of one volume. */
    public static final int MAX_PORTALS = 16;

    private static final String PORTALS = "portals";
    private static final String TARGET_NAME = "targetName";
    private static final String IDENTITY = "identity";
    private static final String EPOCH = "epoch";
    private static final String KEY_ID = "keyId";
    private static final Set<String> KEYS = Set.of(PORTALS, TARGET_NAME, IDENTITY, EPOCH, KEY_ID);

    private static final Pattern PORTAL =
            Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.%a-z]{2,64}]):[0-9]{1,5}");
    // RFC 7143 §4.2.7: iqn., eui. or naa., at most 223 bytes.
    private static final Pattern ISCSI_NAME =
            Pattern.compile("(?:iqn|eui|naa)\\.[a-z0-9.:_-]{1,219}");
    private static final Pattern KEY = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    /**
     * Checks every value.
     *
     * @throws IllegalArgumentException with a message for people
     */
    public PublishContext {
        portals = List.copyOf(portals);
        check(!portals.isEmpty() && portals.size() <= MAX_PORTALS, PORTALS, "1 to 16 of host:port");
        for (String portal : portals) {
            check(
                    PORTAL.matcher(portal).matches() && portNumber(portal) <= 65_535,
                    PORTALS,
                    "host:port");
        }
        check(ISCSI_NAME.matcher(targetName).matches(), TARGET_NAME, "an iSCSI name");
        check(epoch >= 1, EPOCH, "a number from 1 on");
        check(KEY.matcher(keyId).matches(), KEY_ID, "a key's id");
    }

    /** As a publish context. */
    public Map<String, String> toMap() {
        var map = new TreeMap<String, String>();
        map.put(PORTALS, String.join(",", portals));
        map.put(TARGET_NAME, targetName);
        map.put(IDENTITY, identity.toString());
        map.put(EPOCH, Long.toString(epoch));
        map.put(KEY_ID, keyId);
        return map;
    }

    /**
     * From a publish context.
     *
     * @throws IllegalArgumentException where a value is missing, unknown or ill-formed, with a
     *     message for people
     */
    public static PublishContext fromMap(Map<String, String> map) {
        var unknown = new TreeSet<>(map.keySet());
        unknown.removeAll(KEYS);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("publish_context has unknown values " + unknown);
        }
        return new PublishContext(
                List.of(value(map, PORTALS).split(",", -1)),
                value(map, TARGET_NAME),
                identity(value(map, IDENTITY)),
                epoch(value(map, EPOCH)),
                value(map, KEY_ID));
    }

    private static String value(Map<String, String> map, String key) {
        String value = map.get(key);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException(
                    "publish_context lacks '"
                            + key
                            + "'; was the volume published by ControllerPublishVolume?");
        }
        return value;
    }

    private static UUID identity(String text) {
        try {
            UUID uuid = UUID.fromString(text);
            check(uuid.toString().equals(text), IDENTITY, "a UUID in lower case");
            return uuid;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("publish_context's 'identity' must be a UUID", e);
        }
    }

    private static long epoch(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("publish_context's 'epoch' must be a number", e);
        }
    }

    private static int portNumber(String portal) {
        return Integer.parseInt(portal.substring(portal.lastIndexOf(':') + 1));
    }

    private static void check(boolean holds, String key, String what) {
        if (!holds) {
            throw new IllegalArgumentException("publish_context's '" + key + "' must be " + what);
        }
    }
}
