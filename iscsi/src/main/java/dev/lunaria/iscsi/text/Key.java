package dev.lunaria.iscsi.text;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys of RFC 7143 §12 and §13 and RFC 7144, with the rule, the default and who may send each.
 */
public enum Key {
    AUTH_METHOD("AuthMethod", new Rule.Security(), "None", Sender.BOTH, Use.SECURITY),
    CHAP_A("CHAP_A", new Rule.Security(), "", Sender.BOTH, Use.SECURITY),
    CHAP_I("CHAP_I", new Rule.Security(), "", Sender.BOTH, Use.SECURITY),
    CHAP_C("CHAP_C", new Rule.Security(), "", Sender.BOTH, Use.SECURITY),
    CHAP_N("CHAP_N", new Rule.Security(), "", Sender.BOTH, Use.SECURITY),
    CHAP_R("CHAP_R", new Rule.Security(), "", Sender.BOTH, Use.SECURITY),

    INITIATOR_NAME("InitiatorName", new Rule.Name(), "", Sender.INITIATOR, Use.LOGIN),
    INITIATOR_ALIAS("InitiatorAlias", new Rule.Name(), "", Sender.INITIATOR, Use.ANY),
    TARGET_NAME("TargetName", new Rule.Name(), "", Sender.INITIATOR, Use.LOGIN),
    SESSION_TYPE("SessionType", new Rule.Name(), "Normal", Sender.INITIATOR, Use.LOGIN),
    TARGET_ALIAS("TargetAlias", new Rule.Name(), "", Sender.TARGET, Use.ANY),
    TARGET_ADDRESS("TargetAddress", new Rule.Name(), "", Sender.TARGET, Use.ANY),
    TARGET_PORTAL_GROUP_TAG(
            "TargetPortalGroupTag", new Rule.Declared(0, 65535), "", Sender.TARGET, Use.LOGIN),
    NODE_ARCHITECTURE("X#NodeArchitecture", new Rule.Name(), "", Sender.BOTH, Use.ANY),
    SEND_TARGETS("SendTargets", new Rule.Name(), "", Sender.INITIATOR, Use.FULL_FEATURE),

    HEADER_DIGEST("HeaderDigest", digest(), "None", Sender.BOTH, Use.OPERATIONAL),
    DATA_DIGEST("DataDigest", digest(), "None", Sender.BOTH, Use.OPERATIONAL),
    MAX_RECV_DATA_SEGMENT_LENGTH(
            "MaxRecvDataSegmentLength",
            new Rule.Declared(512, 0xffffff),
            "8192",
            Sender.BOTH,
            Use.OPERATIONAL),
    MAX_CONNECTIONS(
            "MaxConnections", new Rule.Minimum(1, 65535), "1", Sender.BOTH, Use.NORMAL_SESSION),
    INITIAL_R2T("InitialR2T", new Rule.Or(), "Yes", Sender.BOTH, Use.NORMAL_SESSION),
    IMMEDIATE_DATA("ImmediateData", new Rule.And(), "Yes", Sender.BOTH, Use.NORMAL_SESSION),
    MAX_BURST_LENGTH(
            "MaxBurstLength",
            new Rule.Minimum(512, 0xffffff),
            "262144",
            Sender.BOTH,
            Use.NORMAL_SESSION),
    FIRST_BURST_LENGTH(
            "FirstBurstLength",
            new Rule.Minimum(512, 0xffffff),
            "65536",
            Sender.BOTH,
            Use.NORMAL_SESSION),
    DEFAULT_TIME2WAIT(
            "DefaultTime2Wait", new Rule.Maximum(0, 3600), "2", Sender.BOTH, Use.OPERATIONAL),
    DEFAULT_TIME2RETAIN(
            "DefaultTime2Retain", new Rule.Minimum(0, 3600), "20", Sender.BOTH, Use.OPERATIONAL),
    MAX_OUTSTANDING_R2T(
            "MaxOutstandingR2T", new Rule.Minimum(1, 65535), "1", Sender.BOTH, Use.NORMAL_SESSION),
    DATA_PDU_IN_ORDER("DataPDUInOrder", new Rule.Or(), "Yes", Sender.BOTH, Use.NORMAL_SESSION),
    DATA_SEQUENCE_IN_ORDER(
            "DataSequenceInOrder", new Rule.Or(), "Yes", Sender.BOTH, Use.NORMAL_SESSION),
    ERROR_RECOVERY_LEVEL(
            "ErrorRecoveryLevel", new Rule.Minimum(0, 2), "0", Sender.BOTH, Use.OPERATIONAL),
    TASK_REPORTING(
            "TaskReporting",
            new Rule.Choice("RFC3720,ResponseFence,FastAbort"),
            "RFC3720",
            Sender.BOTH,
            Use.NORMAL_SESSION),
    /** RFC 7144 §2. */
    PROTOCOL_LEVEL(
            "iSCSIProtocolLevel", new Rule.Minimum(0, 31), "1", Sender.BOTH, Use.NORMAL_SESSION),

    /** Obsolete; answered No, which RFC 7143 §13.25 allows and every old initiator takes. */
    IF_MARKER("IFMarker", new Rule.And(), "No", Sender.BOTH, Use.OPERATIONAL),
    OF_MARKER("OFMarker", new Rule.And(), "No", Sender.BOTH, Use.OPERATIONAL),
    IF_MARK_INT("IFMarkInt", new Rule.Refused(), "", Sender.BOTH, Use.OPERATIONAL),
    OF_MARK_INT("OFMarkInt", new Rule.Refused(), "", Sender.BOTH, Use.OPERATIONAL);

    /** Who may send a key first. */
    enum Sender {
        INITIATOR,
        TARGET,
        BOTH
    }

    /** Where a key may stand. */
    enum Use {
        /** The security stage of the login. */
        SECURITY,
        /** The operational stage of the login. */
        OPERATIONAL,
        /** The operational stage; irrelevant in discovery sessions. */
        NORMAL_SESSION,
        /** Either stage of the login. */
        LOGIN,
        /** The full-feature phase. */
        FULL_FEATURE,
        /** Everywhere. */
        ANY
    }

    private static final Map<String, Key> BY_WIRE =
            Stream.of(values()).collect(Collectors.toMap(Key::wire, Function.identity()));

    private final String wire;
    private final Rule rule;
    private final String byDefault;
    private final Sender sender;
    private final Use use;

    Key(String wire, Rule rule, String byDefault, Sender sender, Use use) {
        this.wire = wire;
        this.rule = rule;
        this.byDefault = byDefault;
        this.sender = sender;
        this.use = use;
    }

    private static Rule digest() {
        return new Rule.Choice("None,CRC32C");
    }

    /** The key of this name, or null for one that the RFC does not have. */
    public static @Nullable Key of(String wire) {
        return BY_WIRE.get(wire);
    }

    /** Its name in a text. */
    public String wire() {
        return wire;
    }

    /** A pair of this key. */
    public KeyValue with(String value) {
        return new KeyValue(wire, value);
    }

    /** What holds where nobody mentions it. */
    String byDefault() {
        return byDefault;
    }

    Rule rule() {
        return rule;
    }

    Sender sender() {
        return sender;
    }

    Use use() {
        return use;
    }

    /** Whether it belongs to the authentication's dialogue. */
    public boolean isSecurity() {
        return use == Use.SECURITY;
    }

    /** Whether it is a name or address that gets no answer. */
    public boolean isName() {
        return rule instanceof Rule.Name || this == TARGET_PORTAL_GROUP_TAG;
    }
}
