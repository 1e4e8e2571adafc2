package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.login.LoginAuthority;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The targets behind the portals; implemented by the program.
 *
 * <p>Called on many event loops at once; answers from memory, never blocks.
 */
public interface ServedTargets {

    /**
     * Opens the device server of a session that is about to begin.
     *
     * <p>By now the session is in the {@link SessionDirectory}: a fence that revokes the grant
     * before this call is seen here, one that revokes it later finds the session there.
     *
     * @return null if the grant has been revoked meanwhile: the login is refused for good
     * @throws IOException if it can't be opened now: the initiator is told to come again
     */
    @Nullable DeviceServer open(LoginAuthority.Grant grant, Nexus nexus) throws IOException;

    /** Names of the targets that are granted to an initiator, for SendTargets. */
    List<String> grantedTo(String initiatorName);
}
