package dev.lunaria.node.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What makes the kernel know the members that it is to know: a pure function of what is wanted and
 * what is there. No state.
 *
 * <p>An entry can't be changed, only removed and made anew; a half-made one, of a plugin that was
 * killed over it, likewise. The kernel refuses to remove the entry of a member that has something
 * mounted together with this node: then it stays, and the next round tries again.
 */
final class MembershipPlan {
    private MembershipPlan() {}

    /**
     * An entry in configfs, as it was read.
     *
     * @param number as text; the kernel shows one that it never gives away where none was set
     * @param local whether it is this node's
     */
    record Entry(String number, String address, String port, boolean local) {
        static Entry of(Member member, boolean local) {
            return new Entry(
                    Integer.toString(member.number()),
                    member.address(),
                    Integer.toString(Member.PORT),
                    local);
        }
    }

    /** One step; each may fail, the others go on. */
    sealed interface Step {
        /** Removes an entry. */
        record Forget(String entry) implements Step {}

        /** Makes an entry. */
        record Learn(Member member, boolean local) implements Step {}
    }

    /**
     * The steps, in their order: what must go, this node's own entry, the others by number.
     *
     * @param self this node's name; where it is no member, nothing is to be known
     * @param present entries by name
     */
    static List<Step> of(
            String self, Collection<Member> members, Map<String, MembershipPlan.Entry> present) {
        Map<String, Member> wanted = new HashMap<>();
        if (members.stream().anyMatch(member -> member.node().equals(self))) {
            members.forEach(member -> wanted.put(member.entry(), member));
        }
        Map<String, Entry> stays = new HashMap<>(present);
        List<Step> steps = new ArrayList<>();
        new TreeMap<>(present)
                .forEach((name, entry) -> {
                    Member member = wanted.get(name);
                    if (member == null
                            || !entry.equals(Entry.of(member, member.node().equals(self)))) {
                        steps.add(new Step.Forget(name));
                        stays.remove(name);
                    }
                });
        wanted.values().stream()
                .filter(member -> !stays.containsKey(member.entry()))
                .sorted(
                        Comparator.<Member, Boolean>comparing(member -> !member.node().equals(self))
                                .thenComparingInt(Member::number))
                .forEach(member -> steps.add(new Step.Learn(member, member.node().equals(self))));
        return steps;
    }
}
