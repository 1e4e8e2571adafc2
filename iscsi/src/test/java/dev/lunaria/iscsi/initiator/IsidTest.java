package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** RFC 7143 §11.12.5: the initiator's part of a session id. */
class IsidTest {
    @Test
    void isOfTheRandomFormat() {
        assertThat(Isid.of("n", "v", "0") >>> 40).isEqualTo(0x80);
    }

    @Test
    void isTheSameEachTimeAndAnotherForAnotherSession() {
        long isid = Isid.of("mybox0", "pool/lun", "0");
        assertThat(Isid.of("mybox0", "pool/lun", "0")).isEqualTo(isid);
        assertThat(Isid.of("mybox1", "pool/lun", "0")).isNotEqualTo(isid);
        assertThat(Isid.of("mybox0", "pool/lun", "1")).isNotEqualTo(isid);
        assertThat(Isid.of("mybox0pool", "/lun", "0")).isNotEqualTo(isid);
    }
}
