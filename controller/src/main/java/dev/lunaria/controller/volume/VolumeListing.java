package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Lists volumes over all pools, in pages. Used by any thread; keeps nothing: a token says at which
 * pool, and where in it, to go on.
 *
 * <p>A pool that doesn't answer fails the list: who reads it takes a volume that isn't there for
 * one that is detached.
 */
public final class VolumeListing {

    /** The longest page: so many volumes fit a message, each published to several nodes. */
    static final int MAX_PAGE = 5_000;

    private static final char SEPARATOR = ':';

    private final RegisteredTargets registered;
    private final Targets targets;
    private final String clusterId;

    public VolumeListing(RegisteredTargets registered, Targets targets, String clusterId) {
        this.registered = registered;
        this.targets = targets;
        this.clusterId = clusterId;
    }

    /** Where a page begins. */
    private record Position(UUID pool, String token) {

        static Position parse(String text) {
            int separator = text.indexOf(SEPARATOR);
            try {
                return new Position(
                        UUID.fromString(text.substring(0, Math.max(0, separator))),
                        text.substring(separator + 1));
            } catch (IllegalArgumentException e) {
                throw badToken(e);
            }
        }

        @Override
        public String toString() {
            return pool.toString() + SEPARATOR + token;
        }
    }

    VolumePage page(int max, String startingToken) {
        int size = max == 0 ? MAX_PAGE : Math.min(max, MAX_PAGE);
        List<StorageTarget> pools =
                registered.all().stream()
                        .map(Document::spec)
                        .filter(target -> !target.retired())
                        .toList();
        int index = 0;
        String token = "";
        if (!startingToken.isEmpty()) {
            Position start = Position.parse(startingToken);
            index = pools.stream().map(StorageTarget::pool).toList().indexOf(start.pool());
            token = start.token();
            if (index < 0) {
                throw badToken(null);
            }
        }
        var volumes = new ArrayList<Volume>();
        while (index < pools.size()) {
            StorageTarget target = pools.get(index);
            if (volumes.size() >= size) {
                if (!token.isEmpty() || hasVolumes(target)) {
                    return new VolumePage(volumes, new Position(target.pool(), token).toString());
                }
            } else {
                LunPage page = targets.open(target).list(size - volumes.size(), token);
                page.luns().stream()
                        .filter(lun -> lun.clusterId().equals(clusterId))
                        .forEach(lun -> volumes.add(PlacedVolumes.volume(target, lun)));
                token = page.nextToken();
            }
            if (token.isEmpty()) {
                index++;
            }
        }
        return new VolumePage(volumes, "");
    }

    private boolean hasVolumes(StorageTarget target) {
        return !targets.open(target).list(1, "").luns().isEmpty();
    }

    private static Failure badToken(@org.jspecify.annotations.Nullable Throwable cause) {
        return new Failure(
                BUSY, "starting_token is of no use any more; list again from the beginning", cause);
    }
}
