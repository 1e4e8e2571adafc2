package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.node.cluster.MembershipPlan.Entry;
import dev.lunaria.node.cluster.MembershipPlan.Step;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every member knows every other (traps-storage 19): what is wanted, what is there, what to do. */
final class MembershipPlanTest {
    private static final Member A = new Member("a", 1, "10.0.0.1", false);
    private static final Member B = new Member("b", 2, "10.0.0.2", false);
    private static final Member C = new Member("c", 3, "10.0.0.3", true);

    private static List<Step> plan(Map<String, Entry> present, Member... members) {
        return MembershipPlan.of("b", List.of(members), present);
    }

    @Test
    void aNewMemberLearnsItselfFirstThenAllOthers() {
        assertThat(plan(Map.of(), C, A, B))
                .containsExactly(
                        new Step.Learn(B, true),
                        new Step.Learn(A, false),
                        new Step.Learn(C, false));
    }

    @Test
    void whatAgreesStays() {
        assertThat(plan(Map.of("n1", Entry.of(A, false), "n2", Entry.of(B, true)), A, B)).isEmpty();
    }

    @Test
    void aMemberMoreAndAMemberLess() {
        Map<String, Entry> present = Map.of("n1", Entry.of(A, false), "n2", Entry.of(B, true));
        assertThat(plan(present, B, C))
                .containsExactly(new Step.Forget("n1"), new Step.Learn(C, false));
    }

    /** A node that left may still write: it is known until its number is free. */
    @Test
    void aMemberThatLeftIsKnownUntilItsNumberIsFree() {
        Map<String, Entry> present = Map.of("n2", Entry.of(B, true), "n3", Entry.of(C, false));
        assertThat(plan(present, B, C)).isEmpty();
        assertThat(plan(present, B)).containsExactly(new Step.Forget("n3"));
    }

    @Test
    void anotherAddressIsAnotherEntry() {
        Member moved = new Member("a", 1, "10.0.0.9", false);
        assertThat(plan(Map.of("n1", Entry.of(A, false), "n2", Entry.of(B, true)), moved, B))
                .containsExactly(new Step.Forget("n1"), new Step.Learn(moved, false));
    }

    /** Killed between mkdir and the last write. */
    @Test
    void aHalfMadeEntryIsMadeAnew() {
        var half = new Entry("255", "10.0.0.1", "7777", false);
        var notLocal = Entry.of(B, false);
        assertThat(plan(Map.of("n1", half, "n2", notLocal), A, B))
                .containsExactly(
                        new Step.Forget("n1"),
                        new Step.Forget("n2"),
                        new Step.Learn(B, true),
                        new Step.Learn(A, false));
    }

    @Test
    void whoIsNoMemberKnowsNobody() {
        assertThat(plan(Map.of("n1", Entry.of(A, false)), A, C))
                .containsExactly(new Step.Forget("n1"));
    }
}
