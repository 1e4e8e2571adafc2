package dev.lunaria.node.disk.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.proto.disk.v1.AttachRequest;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a node plugin asks for is checked where it enters. */
class AttachSpecTest {
    private static final OperationalWants WANTS = DigestSetting.ALL.wants();

    private static final AttachRequest RIGHT =
            AttachRequest.newBuilder()
                    .setVolumeId("pool/lun")
                    .setEpoch(3)
                    .setTargetName("iqn.2026-11.dev.lunaria:pool:lun")
                    .addPortals("10.0.0.1:3260")
                    .addPortals("[fd00::1]:3261")
                    .setInitiatorName("iqn.2026-11.dev.lunaria:cluster:mybox0")
                    .setIdentity("C09BD273-feef-4440-9cf8-6580828b4bdc")
                    .setInitiatorSecret("initiators-secret")
                    .setTargetSecret("targets-secret")
                    .build();

    @Test
    void takesWhatIsWhole() {
        AttachSpec spec = AttachSpec.of(RIGHT, "mybox0", WANTS);
        assertThat(spec.epoch()).isEqualTo(3);
        assertThat(spec.address().identity()).isEqualTo("c09bd273-feef-4440-9cf8-6580828b4bdc");
        assertThat(spec.address().session().portals())
                .containsExactly(new Portal("10.0.0.1", 3260), new Portal("fd00::1", 3261));
        assertThat(spec.address().session().wants()).isEqualTo(WANTS);
        assertThat(spec.address().session().isid())
                .isEqualTo(Isid.of("mybox0", "pool/lun", "userspace"));
    }

    /** democratic-csi#515: CHAP secrets in the log. */
    @Test
    void printsNoSecret() {
        assertThat(AttachSpec.of(RIGHT, "mybox0", WANTS).toString())
                .contains("pool/lun")
                .doesNotContain("initiators-secret")
                .doesNotContain("targets-secret");
    }

    @Test
    void refusesWhatIsMissingOrCannotBe() {
        refused("volume_id", r -> r.clearVolumeId());
        refused("volume_id", r -> r.setVolumeId("v".repeat(256)));
        refused("epoch", r -> r.clearEpoch());
        refused("target_name", r -> r.setTargetName("lun"));
        refused("initiator_name", r -> r.clearInitiatorName());
        refused("initiator_name", r -> r.setInitiatorName("iqn." + "x".repeat(220)));
        refused("portals", r -> r.clearPortals());
        refused("portal", r -> r.setPortals(0, "host:0"));
        refused("identity", r -> r.setIdentity("lun"));
        refused("private_writes", r -> r.setPrivateWrites(true));
        refused("secret", r -> r.setTargetSecret("s".repeat(257)));
    }

    private static void refused(String what, UnaryOperator<AttachRequest.Builder> change) {
        AttachRequest wrong = change.apply(RIGHT.toBuilder()).build();
        assertThatExceptionOfType(DiskFailure.class)
                .isThrownBy(() -> AttachSpec.of(wrong, "mybox0", WANTS))
                .withMessageContaining(what)
                .matches(e -> e.kind() == DiskFailure.Kind.INVALID);
    }
}
