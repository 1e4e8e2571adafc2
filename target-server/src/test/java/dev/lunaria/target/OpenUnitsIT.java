package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.device.PooledBuffers;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.grant.Granted;
import dev.lunaria.target.snapshot.OpenStores;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening, logging out and closing leave in the note of unflushed writes. */
class OpenUnitsIT {

    private static final String BOOT = "boot-1";
    private static final String NEXT_BOOT = "boot-2";
    private static final String ID = new UUID(0, 1).toString();
    private static final Writer A = new Writer("node-a", 1);

    @TempDir private Path folder = Path.of("");
    private final StoreThreads threads = new StoreThreads(2, 1024);

    @BeforeEach
    void makeLun() throws Exception {
        FolderFiles files = new FolderFiles(folder);
        Catalog.initialise(files, new PoolIdentity(new UUID(5, 5).toString(), "cluster"));
        CatalogLun lun =
                Catalog.open(files)
                        .create(new LunFacts(ID, "pvc", 1 << 20, "cluster", 512, Instant.EPOCH));
        Grant grant =
                new Grant(
                        A.node(),
                        A.epoch(),
                        Grant.State.ACTIVE,
                        Grant.Access.READ_WRITE,
                        false,
                        "iqn." + A.node(),
                        "k1",
                        new ChapSecrets(Secret.of("initiator's"), Secret.of("target's")));
        lun.changeGrants(grants -> grants.put(A.node(), grant));
    }

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    private Granted granted() throws IOException {
        Catalog catalog = Catalog.open(new FolderFiles(folder));
        CatalogLun lun = catalog.find(ID).orElseThrow();
        Grant grant = lun.grants().firstEntry().getValue();
        return new Granted(new Pool(folder, catalog, 0), lun, grant);
    }

    private OpenUnits units(String boot) {
        UnitResources resources =
                new UnitResources(
                        new PooledBuffers(1 << 20),
                        threads.blocking(),
                        InstantSource.system(),
                        Set.of(1));
        return new OpenUnits(
                new UnitOpener(threads, resources, (_, _) -> {}, 10, boot, false),
                resources.clock(),
                boot);
    }

    private static Nexus nexus(Granted granted) {
        return new Nexus(granted.grant().initiatorName(), 1, "iqn.target", 1);
    }

    @Test
    void who_logs_out_has_detached_and_nothing_is_lost_any_more_under_the_same_grant()
            throws Exception {
        Granted granted = granted();
        granted.lun().writes(List.of(A), BOOT);
        try (OpenUnits units = units(NEXT_BOOT)) {
            DeviceServer dropped = units.attach(granted, nexus(granted));
            dropped.nexusLost();
            assertThat(granted().lun().isLost(A, NEXT_BOOT)).isTrue();
            DeviceServer device = units.attach(granted, nexus(granted));
            device.loggedOut();
            assertThat(granted().lun().isLost(A, NEXT_BOOT)).isFalse();
            device.nexusLost();
        }
        assertThat(granted().lun().isLost(A, "boot-3")).isFalse();
    }

    @Test
    void while_a_unit_is_being_closed_nobody_logs_in_and_afterwards_it_is_opened_anew()
            throws Exception {
        Granted granted = granted();
        CountDownLatch changing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (OpenUnits units = units(BOOT)) {
            units.attach(granted, nexus(granted)).nexusLost();
            // Closing ends with the note, and the note waits for who changes the LUN.
            Thread changer = Thread.ofVirtual().start(() -> changeSlowly(granted, changing, goOn));
            changing.await();
            Thread closer = Thread.ofPlatform().start(() -> units.closeUnused(ID));
            while (closer.getState() != Thread.State.WAITING) {
                assertThat(closer.isAlive()).isTrue();
                Thread.onSpinWait();
            }
            assertThatThrownBy(() -> units.attach(granted, nexus(granted)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("closed");
            assertThatThrownBy(() -> units.hold(granted.pool(), granted.lun()))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));
            goOn.countDown();
            closer.join();
            changer.join();
            assertThat(units.count()).isZero();
            units.attach(granted, nexus(granted)).nexusLost();
            assertThat(units.count()).isEqualTo(1);
        }
    }

    /** Something is copied of it: whoever logs in meanwhile must use the same store. */
    @Test
    void a_unit_that_is_held_stays_open_without_a_session_and_is_the_one_that_sessions_use()
            throws Exception {
        Granted granted = granted();
        try (OpenUnits units = units(BOOT)) {
            OpenStores.Hold hold = units.hold(granted.pool(), granted.lun());
            units.closeUnused(ID);
            assertThat(units.count()).isEqualTo(1);
            units.attach(granted, nexus(granted)).nexusLost();
            try (OpenStores.Hold another = units.hold(granted.pool(), granted.lun())) {
                assertThat(another.store()).isSameAs(hold.store());
            }
            units.closeUnused(ID);
            assertThat(units.count()).isEqualTo(1);
            hold.close();
            units.closeUnused(ID);
            assertThat(units.count()).isZero();
        }
    }

    private static void changeSlowly(
            Granted granted, CountDownLatch changing, CountDownLatch goOn) {
        try {
            granted.lun()
                    .changeGrants(grants -> {
                        changing.countDown();
                        awaitUninterrupted(goOn);
                        return grants;
                    });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
