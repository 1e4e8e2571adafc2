package dev.lunaria.iscsi.text;

/** What one side wants of a digest (RFC 7143 §13.1). */
public enum DigestPreference {
    NONE("None"),
    NONE_PREFERRED("None,CRC32C"),
    CRC32C_PREFERRED("CRC32C,None"),
    CRC32C("CRC32C");

    private final String list;

    DigestPreference(String list) {
        this.list = list;
    }

    /** As an offer's list of values. */
    String list() {
        return list;
    }
}
