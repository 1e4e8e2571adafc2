package dev.lunaria.node.volume;

import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What is wrong with the storage behind this node's volumes, as the disk process has it: a target
 * that is away is seen by the volumes that are attached, and not otherwise. For any thread; bounded
 * as {@link Disks#list} is.
 */
public final class StorageConditions {
    private final Supplier<List<AttachedDisk>> disks;

    /** Conditions of these disks. */
    public StorageConditions(Disks disks) {
        this(disks::list);
    }

    /**
     * The same of disks that somebody else lists.
     *
     * @param disks throws {@link NodeFailure} where the disk process doesn't answer
     */
    StorageConditions(Supplier<List<AttachedDisk>> disks) {
        this.disks = disks;
    }

    /**
     * One thing that is wrong; no two have the same cause.
     *
     * @param message what, and what to do
     */
    public record Condition(Cause cause, String message) {}

    /** What can be wrong. */
    public enum Cause {
        /** Nothing can be attached or detached; I/O of what is attached ended with it. */
        DISK_PROCESS_AWAY("DiskProcessAway"),
        /** No volume of a pool reaches its target. */
        TARGET_AWAY("TargetAway"),
        /** Some volumes of a pool reach it and others don't. */
        TARGET_PARTLY_AWAY("TargetPartlyAway");

        private final String reason;

        Cause(String reason) {
            this.reason = reason;
        }

        /** One word for programs. */
        public String reason() {
            return reason;
        }
    }

    /** How many disks of a pool there are, and how many of them have lost their target. */
    private record Pool(int disks, int away) {
        Pool and(Pool other) {
            return new Pool(disks + other.disks, away + other.away);
        }
    }

    /** Looks at all of them; nothing where all is well. */
    public List<Condition> look() {
        SortedMap<String, Pool> pools;
        try {
            pools = pools();
        } catch (NodeFailure e) {
            return List.of(
                    new Condition(
                            Cause.DISK_PROCESS_AWAY,
                            "the disk process doesn't answer (%s); see that it runs"
                                    .formatted(e.getMessage())));
        }
        var conditions = new ArrayList<Condition>();
        List<String> all = names(pools, false);
        if (!all.isEmpty()) {
            conditions.add(
                    new Condition(
                            Cause.TARGET_AWAY,
                            "I/O waits until the targets of these pools are back: "
                                    + String.join(", ", all)));
        }
        List<String> some = names(pools, true);
        if (!some.isEmpty()) {
            conditions.add(
                    new Condition(
                            Cause.TARGET_PARTLY_AWAY,
                            "some volumes of these pools wait for their target: "
                                    + String.join(", ", some)));
        }
        return conditions;
    }

    private static List<String> names(SortedMap<String, Pool> pools, boolean partly) {
        return pools.entrySet().stream()
                .filter(pool -> pool.getValue().away() > 0)
                .filter(pool -> pool.getValue().away() < pool.getValue().disks() == partly)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** By the first part of the volumes' ids. */
    private SortedMap<String, Pool> pools() {
        var pools = new TreeMap<String, Pool>();
        for (AttachedDisk disk : disks.get()) {
            int away =
                    switch (disk.state()) {
                        case RECOVERING -> 1;
                        case ONLINE, FENCED -> 0;
                    };
            pools.merge(disk.volumeId().split("/", 2)[0], new Pool(1, away), Pool::and);
        }
        return pools;
    }
}
