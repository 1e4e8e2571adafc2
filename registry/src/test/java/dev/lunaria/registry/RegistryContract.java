package dev.lunaria.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every registry does, wherever it keeps its documents. */
public abstract class RegistryContract {

    protected static final Kind<LunariaVolume> VOLUME = Kind.LUNARIA_VOLUME;

    private static final long WAIT_SECONDS = 20;

    /** The registry under test. */
    protected abstract Registry registry();

    /** The same documents, as another process sees them. */
    protected abstract Registry another();

    protected static LunariaVolume volume(long sizeBytes) {
        return new LunariaVolume(
                UUID.randomUUID(),
                UUID.randomUUID(),
                sizeBytes,
                Map.of("target", "a"),
                null,
                false);
    }

    protected static void assertReason(RegistryException.Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .asInstanceOf(type(RegistryException.class))
                .extracting(RegistryException::reason)
                .isEqualTo(reason);
    }

    @Test
    void whatWasCreatedIsThere() {
        var created = registry().create(VOLUME, "pvc-1", volume(4096));

        assertThat(registry().get(VOLUME, "pvc-1")).contains(created);
        assertThat(another().get(VOLUME, "pvc-1")).contains(created);
        assertThat(another().list(VOLUME)).containsExactly(created);
        assertThat(registry().get(VOLUME, "pvc-2")).isEmpty();
    }

    @Test
    void everyKindKeepsItsFields() {
        var target =
                new StorageTarget(
                        UUID.randomUUID(),
                        "unix:/run/lunaria/target.sock",
                        "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
                        List.of("127.0.0.1:3260", "[::1]:3261"),
                        Map.of("topology.kubernetes.io/zone", "1"),
                        150,
                        true,
                        true);
        var node =
                new LunariaNode(
                        List.of("10.0.0.1", "fd00::1"),
                        "123",
                        "iqn.2026-11.dev.lunaria:node:123:mybox0",
                        110,
                        "kernel",
                        new ClusterMember(254, "10.0.0.1", ClusterMember.State.LEFT));
        registry().create(Kind.STORAGE_TARGET, "box", target);
        registry().create(Kind.LUNARIA_NODE, "mybox0", node);

        assertThat(another().get(Kind.STORAGE_TARGET, "box").orElseThrow().spec())
                .isEqualTo(target);
        assertThat(another().get(Kind.LUNARIA_NODE, "mybox0").orElseThrow().spec()).isEqualTo(node);
    }

    @Test
    void aNameIsCreatedOnce() {
        registry().create(VOLUME, "pvc-1", volume(4096));

        assertReason(
                RegistryException.Reason.ALREADY_EXISTS,
                () -> another().create(VOLUME, "pvc-1", volume(8192)));
        assertThat(registry().get(VOLUME, "pvc-1").orElseThrow().spec().sizeBytes())
                .isEqualTo(4096);
    }

    @Test
    void ofManyWhoCreateANameOneSucceeds() throws Exception {
        int callers = 8;
        var together = new CyclicBarrier(callers);
        var won = new ArrayList<Future<Boolean>>();
        try (var threads = Executors.newFixedThreadPool(callers)) {
            for (int i = 0; i < callers; i++) {
                Registry mine = i % 2 == 0 ? registry() : another();
                won.add(
                        threads.submit(
                                (Callable<Boolean>)
                                        () -> {
                                            together.await();
                                            try {
                                                mine.create(VOLUME, "pvc-1", volume(4096));
                                                return true;
                                            } catch (RegistryException e) {
                                                assertThat(e.reason())
                                                        .isEqualTo(
                                                                RegistryException.Reason
                                                                        .ALREADY_EXISTS);
                                                return false;
                                            }
                                        }));
            }
        }
        int winners = 0;
        for (Future<Boolean> one : won) {
            winners += one.get() ? 1 : 0;
        }
        assertThat(winners).isEqualTo(1);
    }

    @Test
    void onlyTheCurrentVersionIsReplaced() {
        var first = registry().create(VOLUME, "pvc-1", volume(4096));
        var second = another().replace(VOLUME, first, first.spec().markedDeleting());

        assertThat(registry().get(VOLUME, "pvc-1")).contains(second);
        assertReason(
                RegistryException.Reason.CONFLICT,
                () -> registry().replace(VOLUME, first, volume(8192)));
        registry().delete(VOLUME, second);
        assertReason(
                RegistryException.Reason.NOT_FOUND,
                () -> registry().replace(VOLUME, second, volume(8192)));
    }

    @Test
    void onlyTheCurrentVersionIsDeletedAndTwiceIsFine() {
        var first = registry().create(VOLUME, "pvc-1", volume(4096));
        var second = registry().replace(VOLUME, first, volume(8192));

        assertReason(RegistryException.Reason.CONFLICT, () -> another().delete(VOLUME, first));
        another().delete(VOLUME, second);
        registry().delete(VOLUME, second);
        assertThat(registry().list(VOLUME)).isEmpty();
    }

    @Test
    void anyVolumeNameIsItsOwn() {
        List<String> names =
                List.of(
                        "a",
                        "A",
                        "a/b",
                        "a%2Fb",
                        "..",
                        ".",
                        ".hidden",
                        ".new-1",
                        "a.yaml",
                        "name with spaces: and #signs",
                        "ümläut-卷-🌙",
                        "line\nbreak",
                        "~",
                        "1.0",
                        "true",
                        "null",
                        "'quoted\"",
                        "x".repeat(128),
                        "月".repeat(128),
                        "月".repeat(127) + "星");
        for (String name : names) {
            registry().create(VOLUME, name, volume(4096));
        }

        assertThat(another().list(VOLUME))
                .extracting(Document::name)
                .hasSameElementsAs(new HashSet<>(names));
        for (String name : names) {
            assertThat(another().get(VOLUME, name).orElseThrow().name()).isEqualTo(name);
        }
    }

    @Test
    void aWatchTellsWhatIsThereThenEachChange() throws Exception {
        var first = registry().create(VOLUME, "pvc-1", volume(4096));
        var changes = new LinkedBlockingQueue<Change<LunariaVolume>>();
        try (var _ = registry().watch(VOLUME, changes::add)) {
            assertThat(next(changes)).isEqualTo(new Change.Put<>(first));
            assertThat(next(changes)).isEqualTo(new Change.Synced<LunariaVolume>());

            var second = another().create(VOLUME, "pvc-2", volume(4096));
            assertThat(next(changes)).isEqualTo(new Change.Put<>(second));
            var changed = another().replace(VOLUME, second, volume(8192));
            assertThat(next(changes)).isEqualTo(new Change.Put<>(changed));
            registry().delete(VOLUME, first);
            assertThat(next(changes)).isEqualTo(new Change.Removed<LunariaVolume>("pvc-1"));
        }
    }

    @Test
    void aClosedWatchIsSilent() throws Exception {
        var closed = new LinkedBlockingQueue<Change<LunariaVolume>>();
        var open = new LinkedBlockingQueue<Change<LunariaVolume>>();
        registry().watch(VOLUME, closed::add).close();
        try (var _ = registry().watch(VOLUME, open::add)) {
            registry().create(VOLUME, "pvc-1", volume(4096));
            assertThat(next(open)).isEqualTo(new Change.Synced<LunariaVolume>());
            assertThat(next(open)).isInstanceOf(Change.Put.class);
        }
        assertThat(closed).containsExactly(new Change.Synced<>());
    }

    protected static <T> T next(LinkedBlockingQueue<T> queue) throws InterruptedException {
        T taken = queue.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(taken).as("a change within %s s", WAIT_SECONDS).isNotNull();
        return taken;
    }
}
