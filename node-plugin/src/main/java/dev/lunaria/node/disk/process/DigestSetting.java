package dev.lunaria.node.disk.process;

import dev.lunaria.iscsi.text.DigestPreference;
import dev.lunaria.iscsi.text.OperationalWants;

/** Which parts of each iSCSI PDU carry a CRC32C (RFC 7143 §13.1). Immutable. */
public enum DigestSetting {
    NONE(DigestPreference.NONE_PREFERRED, DigestPreference.NONE_PREFERRED),
    HEADER(DigestPreference.CRC32C, DigestPreference.NONE_PREFERRED),
    DATA(DigestPreference.NONE_PREFERRED, DigestPreference.CRC32C),
    ALL(DigestPreference.CRC32C, DigestPreference.CRC32C);

    private final DigestPreference header;
    private final DigestPreference data;

    DigestSetting(DigestPreference header, DigestPreference data) {
        this.header = header;
        this.data = data;
    }

    /** What a disk's session asks for; a digest that is set is insisted on. */
    public OperationalWants wants() {
        return OperationalWants.forInitiator().withDigests(header, data);
    }
}
