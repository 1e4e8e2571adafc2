package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Map;

/**
 * From where a volume must be reachable. Immutable.
 *
 * @param requisite it must be reachable from at least one of these; empty: from anywhere
 * @param preferred the same, the best first
 */
public record Topology(List<Map<String, String>> requisite, List<Map<String, String>> preferred) {

    /** From anywhere. */
    public static final Topology ANY = new Topology(List.of(), List.of());

    public Topology {
        requisite = List.copyOf(requisite);
        preferred = List.copyOf(preferred);
    }

    /** Whether a pool with these segments will do; one without any is reachable from everywhere. */
    public boolean admits(Map<String, String> pool) {
        return requisite.isEmpty() || requisite.stream().anyMatch(from -> reaches(pool, from));
    }

    /** How far a pool with these segments is from the best: less is better. */
    public int rank(Map<String, String> pool) {
        for (int i = 0; i < preferred.size(); i++) {
            if (reaches(pool, preferred.get(i))) {
                return i;
            }
        }
        return preferred.size();
    }

    private static boolean reaches(Map<String, String> pool, Map<String, String> from) {
        return from.entrySet().containsAll(pool.entrySet());
    }
}
