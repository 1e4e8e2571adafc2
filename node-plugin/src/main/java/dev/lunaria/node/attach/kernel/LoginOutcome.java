package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.login.InitiatorLoginResult;
import org.jspecify.annotations.Nullable;

/** How one try to log in ended. */
sealed interface LoginOutcome {

    /** Commands flow. */
    record Established(InitiatorLoginResult result) implements LoginOutcome {}

    /** The target says no to our credentials, or can't prove itself: another try is of no use. */
    record Refused(String why) implements LoginOutcome {}

    /**
     * Anything else: another try may succeed.
     *
     * @param next where the target sends us to; null: nowhere
     */
    record Failed(String why, @Nullable Portal next) implements LoginOutcome {}
}
