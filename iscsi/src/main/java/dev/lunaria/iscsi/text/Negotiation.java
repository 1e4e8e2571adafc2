package dev.lunaria.iscsi.text;

import dev.lunaria.iscsi.pdu.Digests;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One side of a login's operational negotiation (RFC 7143 §6.2, §6.3 and §13).
 *
 * <p>Owned by one login. Holds one value a key.
 *
 * <p>Every key is settled once: a second offer is an error (§6.3), but names may be said again as
 * they were (libiscsi does after the security stage).
 */
public final class Negotiation {
    /** Which side this is. */
    public enum Role {
        INITIATOR,
        TARGET
    }

    /** What an initiator proposes; as open-iscsi and libiscsi do, so that every target takes it. */
    private static final Set<Key> OFFERED =
            Set.copyOf(
                    EnumSet.of(
                            Key.HEADER_DIGEST,
                            Key.DATA_DIGEST,
                            Key.MAX_CONNECTIONS,
                            Key.INITIAL_R2T,
                            Key.IMMEDIATE_DATA,
                            Key.MAX_BURST_LENGTH,
                            Key.FIRST_BURST_LENGTH,
                            Key.DEFAULT_TIME2WAIT,
                            Key.DEFAULT_TIME2RETAIN,
                            Key.MAX_OUTSTANDING_R2T,
                            Key.DATA_PDU_IN_ORDER,
                            Key.DATA_SEQUENCE_IN_ORDER,
                            Key.ERROR_RECOVERY_LEVEL));

    private final Role role;
    private final OperationalWants wants;
    private SessionType type;
    private final Map<Key, String> names = new EnumMap<>(Key.class);
    private final Map<Key, String> outcomes = new EnumMap<>(Key.class);
    private final Map<Key, String> offered = new EnumMap<>(Key.class);
    private final Set<Key> settled = EnumSet.noneOf(Key.class);
    private boolean declared;

    public Negotiation(Role role, SessionType type, OperationalWants wants) {
        this.role = role;
        this.type = type;
        this.wants = wants;
    }

    /** A target learns the session's type from the first request. */
    public void sessionType(SessionType sessionType) {
        this.type = sessionType;
    }

    /** What the other side said of itself, or null. */
    public @Nullable String name(Key key) {
        return names.get(key);
    }

    /** TargetPortalGroupTag as the target said it; -1 where it did not. */
    public int targetPortalGroupTag() {
        String tag = names.get(Key.TARGET_PORTAL_GROUP_TAG);
        return tag == null ? -1 : Rule.number(tag);
    }

    /** Takes a name; one that was said before must be the same. */
    public void declareName(Key key, String value) throws NegotiationException {
        if (key.sender() == (role == Role.TARGET ? Key.Sender.TARGET : Key.Sender.INITIATOR)) {
            throw new NegotiationException(key.wire() + " is not the other side's to say");
        }
        if (key.use() == Key.Use.FULL_FEATURE) {
            throw new NegotiationException(key.wire() + " during login");
        }
        if (!key.rule().admits(value)) {
            throw new NegotiationException(key.wire() + " has a value that it can't have");
        }
        String before = names.putIfAbsent(key, value);
        // Only TargetAddress may come several times (RFC 7143 §13.8).
        if (before != null && !before.equals(value) && key != Key.TARGET_ADDRESS) {
            throw new NegotiationException(key.wire() + " was said before, and otherwise");
        }
    }

    /** What an initiator proposes at the start of the operational stage. */
    public List<KeyValue> offers() {
        List<KeyValue> offers = new ArrayList<>();
        for (Key key : Key.values()) {
            if (isOffered(key)) {
                String value = wants.of(key);
                offers.add(key.with(value));
                offered.put(key, value);
            }
        }
        offers.add(ownMaxRecvDataSegmentLength());
        return offers;
    }

    private boolean isOffered(Key key) {
        return OFFERED.contains(key)
                && (type == SessionType.NORMAL || key.use() != Key.Use.NORMAL_SESSION);
    }

    private KeyValue ownMaxRecvDataSegmentLength() {
        declared = true;
        Key key = Key.MAX_RECV_DATA_SEGMENT_LENGTH;
        return key.with(wants.of(key));
    }

    /**
     * Takes keys of the operational stage.
     *
     * @return the answers to send: to offers, and once what this side says of itself
     */
    public List<KeyValue> receive(List<KeyValue> pairs) throws NegotiationException {
        List<KeyValue> answers = new ArrayList<>();
        KeyValue firstBurstLength = null;
        for (KeyValue pair : pairs) {
            Key key = Key.of(pair.key());
            if (key == null) {
                if (pair.isRefusal()) {
                    throw new NegotiationException(
                            "an answer to " + pair.key() + ", never offered");
                }
                answers.add(new KeyValue(pair.key(), KeyValue.NOT_UNDERSTOOD));
            } else if (key.isName()) {
                declareName(key, pair.value());
            } else if (key.isSecurity()) {
                throw new NegotiationException(key.wire() + " in the operational stage");
            } else if (offered.containsKey(key)) {
                answered(key, pair);
            } else if (key == Key.FIRST_BURST_LENGTH && firstBurstLength == null) {
                // Its answer depends on MaxBurstLength's, which may come later.
                firstBurstLength = pair;
            } else {
                answer(key, pair, answers);
            }
        }
        if (firstBurstLength != null) {
            answer(Key.FIRST_BURST_LENGTH, firstBurstLength, answers);
        }
        if (role == Role.TARGET && !declared) {
            answers.add(ownMaxRecvDataSegmentLength());
        }
        return answers;
    }

    private void answered(Key key, KeyValue pair) throws NegotiationException {
        String offer = offered.remove(key);
        settled.add(key);
        if (pair.isRefusal() || offer == null) {
            return;
        }
        String result = null;
        if (key.rule().admits(pair.value())) {
            result = key.rule().result(offer, pair.value());
        }
        if (result == null) {
            throw new NegotiationException(
                    "%s=%s is no answer to %s".formatted(key.wire(), pair.value(), offer));
        }
        outcomes.put(key, result);
    }

    private void answer(Key key, KeyValue pair, List<KeyValue> answers)
            throws NegotiationException {
        if (!settled.add(key)) {
            throw new NegotiationException(key.wire() + " was negotiated before");
        }
        if (pair.isRefusal()) {
            throw new NegotiationException("an answer to " + key.wire() + ", never offered");
        }
        if (type == SessionType.DISCOVERY && key.use() == Key.Use.NORMAL_SESSION) {
            answers.add(key.with(KeyValue.IRRELEVANT));
            return;
        }
        String offer = pair.value();
        String result = key.rule().admits(offer) ? key.rule().result(offer, own(key)) : null;
        if (result != null) {
            outcomes.put(key, result);
        }
        if (key.rule() instanceof Rule.Declared) {
            if (result == null) {
                throw new NegotiationException(key.wire() + " can't be " + offer);
            }
            return;
        }
        answers.add(key.with(result == null ? KeyValue.REJECT : result));
    }

    private String own(Key key) {
        if (key == Key.FIRST_BURST_LENGTH) {
            return String.valueOf(
                    Math.min(
                            Rule.number(wants.of(key)),
                            Rule.number(outcome(Key.MAX_BURST_LENGTH))));
        }
        return wants.of(key);
    }

    /** Whether every offer of this side has its answer. */
    public boolean settled() {
        return offered.isEmpty();
    }

    /** What holds for the session now. */
    public SessionParameters session() {
        int maxBurstLength = number(Key.MAX_BURST_LENGTH);
        return new SessionParameters(
                type,
                isYes(Key.INITIAL_R2T),
                isYes(Key.IMMEDIATE_DATA),
                maxBurstLength,
                Math.min(number(Key.FIRST_BURST_LENGTH), maxBurstLength),
                number(Key.MAX_OUTSTANDING_R2T),
                number(Key.DEFAULT_TIME2WAIT),
                number(Key.DEFAULT_TIME2RETAIN),
                number(Key.PROTOCOL_LEVEL));
    }

    /** What holds for the connection now; fails where a digest that this side needs is missing. */
    public ConnectionParameters connection() throws NegotiationException {
        Key maxRecv = Key.MAX_RECV_DATA_SEGMENT_LENGTH;
        return new ConnectionParameters(
                new Digests(digest(Key.HEADER_DIGEST), digest(Key.DATA_DIGEST)),
                Rule.number(declared ? wants.of(maxRecv) : maxRecv.byDefault()),
                number(maxRecv));
    }

    private boolean digest(Key key) throws NegotiationException {
        String digest = outcome(key);
        if (!Rule.list(wants.of(key)).contains(digest)) {
            throw new NegotiationException(key.wire() + " " + wants.of(key) + " is required");
        }
        return digest.equals("CRC32C");
    }

    private String outcome(Key key) {
        return outcomes.getOrDefault(key, key.byDefault());
    }

    private boolean isYes(Key key) {
        return outcome(key).equals("Yes");
    }

    private int number(Key key) {
        return Rule.number(outcome(key));
    }
}
