package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.Objects;
import java.util.regex.Pattern;

/** What a LUN and a snapshot may be. Stateless: any thread. */
public final class LunRules {

    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private LunRules() {}

    static boolean isId(String id) {
        return UUID.matcher(id).matches();
    }

    /** Checks the id and name that a snapshot is to have. */
    public static void checkSnapshot(String id, String name, String group) throws RefusedException {
        if (!isId(id) || !(group.isEmpty() || isId(group))) {
            throw invalid("the id of a snapshot, and of its group, is a UUID in lower case");
        }
        checkName("a snapshot", name);
    }

    private static void checkName(String whose, String name) throws RefusedException {
        if (name.isEmpty()
                || name.length() > Catalog.MAX_NAME_CHARACTERS
                || name.chars().anyMatch(Character::isISOControl)) {
            throw invalid(
                    "%s's name has 1 to %d characters, no control characters"
                            .formatted(whose, Catalog.MAX_NAME_CHARACTERS));
        }
    }

    /** Checks what is asked for, before anything happens. */
    static void check(LunFacts facts, PoolIdentity pool) throws RefusedException {
        if (!isId(facts.id())) {
            throw invalid("a LUN's id is a UUID in lower case");
        }
        checkName("a LUN", facts.name());
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
        facts.limits().check();
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
                || !facts.clusterId().equals(asked.clusterId())
                || !Objects.equals(facts.source(), asked.source())) {
            throw new RefusedException(
                    Reason.EXISTS_OTHERWISE,
                    "LUN %s is there with %d bytes as '%s'%s: choose another id"
                            .formatted(
                                    facts.id(),
                                    facts.sizeBytes(),
                                    facts.name(),
                                    facts.source() == null ? "" : ", made from " + facts.source()));
        }
        return there;
    }

    private static RefusedException invalid(String message) {
        return new RefusedException(Reason.INVALID, message);
    }
}
