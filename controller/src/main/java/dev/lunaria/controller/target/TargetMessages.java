package dev.lunaria.controller.target;

import static dev.lunaria.controller.volume.Failure.Reason.FAULT;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Lun;
import java.util.UUID;

/** What target servers answer, as the domain's records. No state. */
final class TargetMessages {

    private TargetMessages() {}

    static Lun lun(dev.lunaria.proto.target.v1.Lun lun) {
        return new Lun(
                uuid(lun.getLun()),
                lun.getName(),
                lun.getSizeBytes(),
                lun.getClusterId(),
                lun.getTargetName(),
                lun.getGrantsList().stream().map(TargetMessages::grant).toList());
    }

    static Grant grant(dev.lunaria.proto.target.v1.Grant grant) {
        return new Grant(
                grant.getNode(),
                grant.getEpoch(),
                state(grant),
                grant.getExclusive(),
                grant.getKeyId());
    }

    private static Grant.State state(dev.lunaria.proto.target.v1.Grant grant) {
        return switch (grant.getState()) {
            case ACTIVE -> Grant.State.ACTIVE;
            case REVOKING -> Grant.State.REVOKING;
            case REVOKED -> Grant.State.REVOKED;
            case STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new Failure(
                            FAULT,
                            "the target server answered a grant in state "
                                    + grant.getStateValue()
                                    + ", which this controller doesn't know; upgrade the controller");
        };
    }

    private static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new Failure(
                    FAULT, "the target server answered \"" + text + "\" for a LUN's UUID", e);
        }
    }
}
