package dev.lunaria.target.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Ids that were deleted are not made again: as many as are remembered, over restarts. */
class DeletionsTest {

    private static String id(int number) {
        return new UUID(0, number).toString();
    }

    private static void assertRefused(Deletions deletions, String id) {
        assertThatThrownBy(() -> deletions.refuse(id))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e ->
                                assertThat(e.reason())
                                        .isEqualTo(RefusedException.Reason.PRECONDITION));
    }

    @Test
    void the_oldest_is_forgotten_first_and_none_counts_twice() throws IOException {
        CrashingFiles files = new CrashingFiles();
        Deletions deletions = Deletions.open(files);
        for (int i = 0; i <= Deletions.REMEMBERED; i++) {
            deletions.add(id(i));
            deletions.add(id(i));
        }
        Deletions reopened = Deletions.open(files);
        assertThatCode(() -> reopened.refuse(id(0))).doesNotThrowAnyException();
        assertRefused(reopened, id(1));
        assertRefused(reopened, id(Deletions.REMEMBERED));
    }

    @Test
    void what_can_not_be_noted_is_not_said_to_be_deleted() throws Exception {
        CrashingFiles files = new CrashingFiles();
        Catalog.initialise(files, new PoolIdentity(id(1), "cluster"));
        Catalog catalog = Catalog.open(files);
        files.failAt(files.steps());
        assertThatThrownBy(() -> catalog.delete(id(7))).isInstanceOf(IOException.class);
        catalog.delete(id(7));
        assertThatThrownBy(() ->
                        catalog.create(
                                new LunFacts(id(7), "pvc", 4096, "cluster", 512, Instant.EPOCH)))
                .isInstanceOf(RefusedException.class);
    }
}
