package dev.lunaria.controller.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.Change;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.ClusterMember.State;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.Subscription;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A number is one node's alone, and nobody's while its node may be alive (traps-storage 19). */
final class MemberNumbersTest {
    private static final String ADDRESS = "10.0.0.1";

    @TempDir Path folder;

    private Registry registry;

    @BeforeEach
    void open() {
        registry = FolderRegistry.open(folder);
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private MemberNumbers numbers() {
        return new MemberNumbers(registry, new Random(1));
    }

    private Document<LunariaNode> node(String name, @Nullable ClusterMember member) {
        return registry.create(
                Kind.LUNARIA_NODE,
                name,
                new LunariaNode(List.of(), "c", "iqn.2026-11.dev.lunaria:" + name, 0).as(member));
    }

    private ClusterMember member(String name) {
        return Optional.ofNullable(
                        registry.get(Kind.LUNARIA_NODE, name).orElseThrow().spec().member())
                .orElseThrow();
    }

    @Test
    void aNodeKeepsItsNumberWhereverItMoves() {
        numbers().join(node("a", null), ADDRESS);
        ClusterMember first = member("a");
        numbers().join(registry.get(Kind.LUNARIA_NODE, "a").orElseThrow(), "10.0.0.2");

        assertThat(first.state()).isEqualTo(State.MEMBER);
        assertThat(first.address()).isEqualTo(ADDRESS);
        assertThat(member("a")).isEqualTo(first.at("10.0.0.2"));
    }

    @Test
    void aNodeThatHadLeftComesBackUnderItsNumber() {
        Document<LunariaNode> left = node("a", new ClusterMember(9, ADDRESS, State.LEFT));

        numbers().join(left, ADDRESS);
        assertThat(member("a")).isEqualTo(new ClusterMember(9, ADDRESS, State.MEMBER));
    }

    @Test
    void allNumbersAreGivenAndThe255thNodeIsToldSo() {
        IntStream.range(0, 254).forEach(i -> numbers().join(node("n" + i, null), ADDRESS));

        assertThat(IntStream.range(0, 254).map(i -> member("n" + i).number()).distinct().count())
                .isEqualTo(254);
        Document<LunariaNode> one = node("one-too-many", null);
        assertThatThrownBy(() -> numbers().join(one, ADDRESS))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Failure.Reason.EXHAUSTED))
                .hasMessageContaining("254 nodes");
    }

    /** Whoever left may still write. */
    @Test
    void theNumberOfWhoeverLeftIsNobodyElses() {
        IntStream.rangeClosed(1, 253)
                .forEach(i -> node("n" + i, new ClusterMember(i, ADDRESS, State.LEFT)));

        numbers().join(node("a", null), ADDRESS);
        assertThat(member("a").number()).isEqualTo(254);
    }

    /** Another controller claims the same number after we chose it and before we looked. */
    @Test
    void ofTwoClaimsTheLaterGivesWay() {
        Document<LunariaNode> mine = node("a", new ClusterMember(5, ADDRESS, State.CLAIMED));
        node("b", new ClusterMember(5, ADDRESS, State.CLAIMED));

        numbers().join(mine, ADDRESS);
        assertThat(member("a").number()).isNotEqualTo(5);
        assertThat(member("a").state()).isEqualTo(State.MEMBER);
    }

    /** A number that is somebody's own isn't given up, whoever claims it. */
    @Test
    void anOwnerDoesntGiveWayToAClaim() {
        Document<LunariaNode> mine = node("a", new ClusterMember(5, ADDRESS, State.MEMBER));
        node("b", new ClusterMember(5, ADDRESS, State.CLAIMED));

        numbers().join(mine, ADDRESS);
        assertThat(member("a")).isEqualTo(new ClusterMember(5, ADDRESS, State.MEMBER));
    }

    @Test
    void controllersThatGiveNumbersAtOnceNeverGiveOneTwice() throws Exception {
        List<Document<LunariaNode>> nodes =
                IntStream.range(0, 24).mapToObj(i -> node("n" + i, null)).toList();
        try (var threads = Executors.newFixedThreadPool(8)) {
            Queue<Future<Document<LunariaNode>>> joined = new ArrayDeque<>();
            for (Document<LunariaNode> node : nodes) {
                // All choose alike: each claims what another claims.
                var numbers = new MemberNumbers(new Slow(registry), new Random(1));
                joined.add(
                        threads.submit(
                                (Callable<Document<LunariaNode>>)
                                        () -> {
                                            while (true) {
                                                try {
                                                    return numbers.join(
                                                            registry.get(
                                                                            Kind.LUNARIA_NODE,
                                                                            node.name())
                                                                    .orElseThrow(),
                                                            ADDRESS);
                                                } catch (Failure busy) {
                                                    Thread.onSpinWait();
                                                }
                                            }
                                        }));
            }
            for (Future<Document<LunariaNode>> one : joined) {
                one.get();
            }
        }
        assertThat(nodes.stream().map(node -> member(node.name()).number()).distinct()).hasSize(24);
    }

    /** A registry in which others run before each look at all documents. */
    private record Slow(Registry registry) implements Registry {
        @Override
        public <S extends Spec> List<Document<S>> list(Kind<S> kind) {
            Thread.onSpinWait();
            return registry.list(kind);
        }

        @Override
        public <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name) {
            return registry.get(kind, name);
        }

        @Override
        public <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec) {
            return registry.create(kind, name, spec);
        }

        @Override
        public <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec) {
            return registry.replace(kind, current, spec);
        }

        @Override
        public <S extends Spec> void delete(Kind<S> kind, Document<S> current) {
            registry.delete(kind, current);
        }

        @Override
        public <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener) {
            return registry.watch(kind, listener);
        }

        @Override
        public void close() {}
    }
}
