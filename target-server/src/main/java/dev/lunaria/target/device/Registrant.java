package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.TransportId;
import dev.lunaria.iscsi.target.Nexus;
import java.util.Comparator;

/**
 * An I_T nexus as persistent reservations know it, logged in or not (SPC-4 §5.13.7). Immutable.
 *
 * @param initiatorName iSCSI name of the initiator
 * @param isid of its port, 48 bits
 * @param targetPort portal group tag, which is the relative target port identifier
 */
public record Registrant(String initiatorName, long isid, int targetPort)
        implements Comparable<Registrant> {
    private static final Comparator<Registrant> ORDER =
            Comparator.comparing(Registrant::initiatorName)
                    .thenComparingLong(Registrant::isid)
                    .thenComparingInt(Registrant::targetPort);

    static Registrant of(Nexus nexus) {
        return new Registrant(nexus.initiatorName(), nexus.isid(), nexus.portalGroupTag());
    }

    /** The same initiator port at another target port. */
    Registrant at(int otherTargetPort) {
        return new Registrant(initiatorName, isid, otherTargetPort);
    }

    TransportId transportId() {
        return new TransportId(initiatorName, isid);
    }

    @Override
    public int compareTo(Registrant other) {
        return ORDER.compare(this, other);
    }
}
