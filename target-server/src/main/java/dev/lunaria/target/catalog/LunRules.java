package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.regex.Pattern;

/** What a LUN may be. Stateless: any thread. */
final class LunRules {

    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private LunRules() {}

    /** Checks what is asked for, before anything happens. */
    static void check(LunFacts facts, PoolIdentity pool) throws RefusedException {
        if (!UUID.matcher(facts.id()).matches()) {
            throw invalid("a LUN's id is a UUID in lower case");
        }
        if (facts.name().isEmpty()
                || facts.name().length() > Catalog.MAX_NAME_CHARACTERS
                || facts.name().chars().anyMatch(Character::isISOControl)) {
            throw invalid(
                    "a LUN's name has 1 to %d characters, no control characters"
                            .formatted(Catalog.MAX_NAME_CHARACTERS));
        }
        if (facts.sizeBytes() <= 0
                || facts.sizeBytes() > Catalog.MAX_LUN_BYTES
                || facts.sizeBytes() % Catalog.SIZE_UNIT_BYTES != 0) {
            throw invalid(
                    "a LUN's size is a positive multiple of %d bytes up to %d, not %s"
                            .formatted(
                                    Catalog.SIZE_UNIT_BYTES,
                                    Catalog.MAX_LUN_BYTES,
                                    Long.toUnsignedString(facts.sizeBytes())));
        }
        if (!facts.clusterId().equals(pool.clusterId())) {
            throw invalid(
                    "pool %s was initialised for cluster '%s', not for '%s'"
                            .formatted(pool.pool(), pool.clusterId(), facts.clusterId()));
        }
    }

    /** Checks a size that a LUN is to grow to. */
    static void checkGrowth(long bytes) throws RefusedException {
        if (bytes <= 0 || bytes > Catalog.MAX_LUN_BYTES || bytes % Catalog.SIZE_UNIT_BYTES != 0) {
            throw new RefusedException(
                    Reason.OUT_OF_RANGE,
                    "a LUN's size is a multiple of %d bytes up to %d, not %s"
                            .formatted(
                                    Catalog.SIZE_UNIT_BYTES,
                                    Catalog.MAX_LUN_BYTES,
                                    Long.toUnsignedString(bytes)));
        }
    }

    /** The LUN that is there, if it is what is asked for. */
    static CatalogLun same(CatalogLun there, LunFacts asked) throws RefusedException {
        LunFacts facts = there.facts();
        if (facts.sizeBytes() != asked.sizeBytes()
                || !facts.name().equals(asked.name())
                || !facts.clusterId().equals(asked.clusterId())) {
            throw new RefusedException(
                    Reason.EXISTS_OTHERWISE,
                    "LUN %s is there with %d bytes as '%s': choose another id"
                            .formatted(facts.id(), facts.sizeBytes(), facts.name()));
        }
        return there;
    }

    private static RefusedException invalid(String message) {
        return new RefusedException(Reason.INVALID, message);
    }
}
