package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The parameters of a StorageClass, all of them known. Immutable.
 *
 * <p>{@value #TARGET} names the StorageTarget to place volumes on; {@link LimitParameters} say how
 * fast they may be used. What the provisioner adds about the claim, under {@value #CLAIM_PREFIX},
 * is kept for people and decides nothing.
 */
public record Parameters(Map<String, String> all) {

    public static final String TARGET = "target";

    /** What sidecars add about the claim begins so. */
    public static final String CLAIM_PREFIX = "csi.storage.k8s.io/";

    /**
     * {@code INVALID} for a parameter that isn't known: a typing error must not pass for a setting.
     */
    public Parameters {
        all = Map.copyOf(all);
        for (String name : new TreeMap<>(all).keySet()) {
            if (!isKnown(name)) {
                throw new Failure(
                        INVALID,
                        "unknown parameter \""
                                + name
                                + "\"; there are "
                                + TARGET
                                + ", "
                                + String.join(", ", new TreeSet<>(LimitParameters.NAMES))
                                + ". Correct the StorageClass");
            }
        }
        if (all.getOrDefault(TARGET, "-").isEmpty()) {
            throw new Failure(
                    INVALID,
                    "parameter \"" + TARGET + "\" is empty; name a StorageTarget or leave it out");
        }
    }

    private static boolean isKnown(String name) {
        return name.equals(TARGET)
                || LimitParameters.NAMES.contains(name)
                || name.startsWith(CLAIM_PREFIX);
    }

    /** How fast its volumes may be used. {@code INVALID} for values that can't be. */
    public Limits limits() {
        return LimitParameters.among(all).applyTo(Limits.NONE);
    }

    /** Name of the StorageTarget to use; empty: any. */
    public Optional<String> target() {
        return Optional.ofNullable(all.get(TARGET));
    }
}
