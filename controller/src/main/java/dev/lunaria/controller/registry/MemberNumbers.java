package dev.lunaria.controller.registry;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.ClusterMember.State;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives nodes their numbers in the cluster of shared filesystems, each to one alone. For any
 * thread, and for several controllers at once; keeps nothing.
 *
 * <p>Documents are compared and set one by one, so a number is taken in two steps: it is claimed in
 * the node's own document, then all documents are read. Who finds its number in another document as
 * well gives its claim up and tries another; who doesn't makes it its own. Of two that claim one
 * number at once the later sees the earlier, whatever their order, as each reads after it wrote; a
 * number that is somebody's own is never given up for a claim.
 */
final class MemberNumbers {
    private static final Logger log = LoggerFactory.getLogger(MemberNumbers.class);

    /** Claims given up before the caller is asked to come again. */
    private static final int TRIES = 16;

    private final Registry registry;
    private final RandomGenerator chance;

    MemberNumbers(Registry registry, RandomGenerator chance) {
        this.registry = registry;
        this.chance = chance;
    }

    /**
     * Makes a node a member at an address: one that has a number keeps it, also where it had left.
     *
     * @throws Failure EXHAUSTED where all numbers are taken, BUSY where others are faster again and
     *     again; {@link RegistryException} as the registry throws it
     */
    Document<LunariaNode> join(Document<LunariaNode> node, String address) {
        Document<LunariaNode> now = node;
        for (int tried = 0; tried < TRIES; tried++) {
            try {
                ClusterMember member = now.spec().member();
                if (member == null) {
                    now = set(now, new ClusterMember(free(now.name()), address, State.CLAIMED));
                    continue;
                }
                switch (member.state()) {
                    case CLAIMED -> now = set(now, isAlone(now, member) ? own(member) : null);
                    case MEMBER, LEFT -> {
                        ClusterMember wanted = own(member).at(address);
                        return wanted.equals(member) ? now : set(now, wanted);
                    }
                }
            } catch (RegistryException e) {
                if (e.reason() != RegistryException.Reason.CONFLICT) {
                    throw e;
                }
                now = read(now.name());
            }
        }
        throw new Failure(
                BUSY,
                "other nodes take numbers for shared filesystems at the same moment; register node \"%s\" again"
                        .formatted(node.name()));
    }

    private static ClusterMember own(ClusterMember member) {
        return member.with(State.MEMBER);
    }

    private Document<LunariaNode> set(Document<LunariaNode> node, @Nullable ClusterMember member) {
        if (!Objects.equals(node.spec().member(), member)) {
            log.atInfo()
                    .addKeyValue("node", node.name())
                    .addKeyValue("member", member)
                    .log("membership of shared filesystems");
        }
        return registry.replace(Kind.LUNARIA_NODE, node, node.spec().as(member));
    }

    private Document<LunariaNode> read(String name) {
        return registry.get(Kind.LUNARIA_NODE, name)
                .orElseThrow(() ->
                        new Failure(
                                BUSY, "node \"" + name + "\" was just removed; register it again"));
    }

    private boolean isAlone(Document<LunariaNode> node, ClusterMember member) {
        return others(node.name()).stream().noneMatch(other -> other.number() == member.number());
    }

    /** By chance: two controllers then seldom claim the same, and a freed number rests. */
    private int free(String name) {
        Set<Integer> taken =
                others(name).stream().map(ClusterMember::number).collect(Collectors.toSet());
        List<Integer> free =
                IntStream.rangeClosed(ClusterMember.LOWEST, ClusterMember.HIGHEST)
                        .filter(number -> !taken.contains(number))
                        .boxed()
                        .toList();
        if (free.isEmpty()) {
            throw new Failure(
                    EXHAUSTED,
                    ("node \"%s\" can't take part in shared filesystems: %d nodes do, and OCFS2 knows no"
                                    + " more. Turn shared filesystems off on nodes that don't need them and"
                                    + " remove their LunariaNodes, or remove those of nodes that are gone")
                            .formatted(name, taken.size()));
        }
        return free.get(chance.nextInt(free.size()));
    }

    private List<ClusterMember> others(String name) {
        List<ClusterMember> members = new ArrayList<>();
        for (Document<LunariaNode> node : registry.list(Kind.LUNARIA_NODE)) {
            ClusterMember member = node.spec().member();
            if (member != null && !node.name().equals(name)) {
                members.add(member);
            }
        }
        return members;
    }
}
