package dev.lunaria.iscsi.text;

/**
 * What one side brings into a negotiation (RFC 7143 §13). Immutable.
 *
 * @param maxRecvDataSegmentLength the longest data segment that it takes, 512 to 2^24-1 bytes
 * @param maxBurstLength 512 to 2^24-1 bytes
 * @param firstBurstLength 512 to 2^24-1 bytes, at most maxBurstLength
 * @param maxOutstandingR2t 1 to 65535
 * @param time2Wait seconds, 0 to 3600
 * @param time2Retain seconds, 0 to 3600
 */
public record OperationalWants(
        DigestPreference headerDigest,
        DigestPreference dataDigest,
        boolean initialR2t,
        boolean immediateData,
        int maxRecvDataSegmentLength,
        int maxBurstLength,
        int firstBurstLength,
        int maxOutstandingR2t,
        int time2Wait,
        int time2Retain) {

    /** What a target takes by default: both digests, unsolicited data, bursts up to 1 MiB. */
    public static OperationalWants forTarget() {
        return new OperationalWants(
                DigestPreference.NONE_PREFERRED,
                DigestPreference.NONE_PREFERRED,
                false,
                true,
                256 * 1024,
                1024 * 1024,
                256 * 1024,
                1,
                2,
                0);
    }

    /** What an initiator asks for by default: as open-iscsi does, with bursts up to 1 MiB. */
    public static OperationalWants forInitiator() {
        return new OperationalWants(
                DigestPreference.NONE_PREFERRED,
                DigestPreference.NONE_PREFERRED,
                false,
                true,
                256 * 1024,
                1024 * 1024,
                256 * 1024,
                1,
                2,
                0);
    }

    public OperationalWants {
        require(Key.MAX_RECV_DATA_SEGMENT_LENGTH, maxRecvDataSegmentLength);
        require(Key.MAX_BURST_LENGTH, maxBurstLength);
        require(Key.FIRST_BURST_LENGTH, firstBurstLength);
        require(Key.MAX_OUTSTANDING_R2T, maxOutstandingR2t);
        require(Key.DEFAULT_TIME2WAIT, time2Wait);
        require(Key.DEFAULT_TIME2RETAIN, time2Retain);
        if (firstBurstLength > maxBurstLength) {
            throw new IllegalArgumentException("FirstBurstLength exceeds MaxBurstLength");
        }
    }

    /** The same with other digests. */
    public OperationalWants withDigests(DigestPreference header, DigestPreference data) {
        return new OperationalWants(
                header,
                data,
                initialR2t,
                immediateData,
                maxRecvDataSegmentLength,
                maxBurstLength,
                firstBurstLength,
                maxOutstandingR2t,
                time2Wait,
                time2Retain);
    }

    /** The same with another MaxRecvDataSegmentLength, in bytes. */
    public OperationalWants withMaxRecvDataSegmentLength(int bytes) {
        return new OperationalWants(
                headerDigest,
                dataDigest,
                initialR2t,
                immediateData,
                bytes,
                maxBurstLength,
                firstBurstLength,
                maxOutstandingR2t,
                time2Wait,
                time2Retain);
    }

    /** The value that this side brings in for a key; the RFC's default where there is no choice. */
    String of(Key key) {
        return switch (key) {
            case HEADER_DIGEST -> headerDigest.list();
            case DATA_DIGEST -> dataDigest.list();
            case INITIAL_R2T -> initialR2t ? "Yes" : "No";
            case IMMEDIATE_DATA -> immediateData ? "Yes" : "No";
            case MAX_RECV_DATA_SEGMENT_LENGTH -> String.valueOf(maxRecvDataSegmentLength);
            case MAX_BURST_LENGTH -> String.valueOf(maxBurstLength);
            case FIRST_BURST_LENGTH -> String.valueOf(firstBurstLength);
            case MAX_OUTSTANDING_R2T -> String.valueOf(maxOutstandingR2t);
            case DEFAULT_TIME2WAIT -> String.valueOf(time2Wait);
            case DEFAULT_TIME2RETAIN -> String.valueOf(time2Retain);
            case MAX_CONNECTIONS,
                    DATA_PDU_IN_ORDER,
                    DATA_SEQUENCE_IN_ORDER,
                    ERROR_RECOVERY_LEVEL,
                    TASK_REPORTING,
                    PROTOCOL_LEVEL,
                    IF_MARKER,
                    OF_MARKER,
                    IF_MARK_INT,
                    OF_MARK_INT,
                    AUTH_METHOD,
                    CHAP_A,
                    CHAP_I,
                    CHAP_C,
                    CHAP_N,
                    CHAP_R,
                    INITIATOR_NAME,
                    INITIATOR_ALIAS,
                    TARGET_NAME,
                    SESSION_TYPE,
                    TARGET_ALIAS,
                    TARGET_ADDRESS,
                    TARGET_PORTAL_GROUP_TAG,
                    NODE_ARCHITECTURE,
                    SEND_TARGETS ->
                    key.byDefault();
        };
    }

    private static void require(Key key, int value) {
        if (!key.rule().admits(String.valueOf(value))) {
            throw new IllegalArgumentException(key.wire() + " can't be " + value);
        }
    }
}
