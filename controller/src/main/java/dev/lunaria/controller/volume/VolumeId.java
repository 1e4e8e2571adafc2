package dev.lunaria.controller.volume;

import java.util.Optional;
import java.util.UUID;

/**
 * Which volume: its pool and its LUN, never a host, as pools move and ids stay. Written {@code
 * <pool UUID>/<LUN UUID>} in lower case. Immutable.
 */
public record VolumeId(UUID pool, UUID lun) {

    private static final int UUID_LENGTH = 36;

    /**
     * Reads what {@link #toString} wrote; empty for anything else, which can't be a volume of ours.
     */
    public static Optional<VolumeId> parse(String text) {
        if (text.length() != 2 * UUID_LENGTH + 1 || text.charAt(UUID_LENGTH) != '/') {
            return Optional.empty();
        }
        try {
            var id =
                    new VolumeId(
                            UUID.fromString(text.substring(0, UUID_LENGTH)),
                            UUID.fromString(text.substring(UUID_LENGTH + 1)));
            return id.toString().equals(text) ? Optional.of(id) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return pool + "/" + lun;
    }
}
