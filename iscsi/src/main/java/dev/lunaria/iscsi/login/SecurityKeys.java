package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import dev.lunaria.iscsi.text.Negotiation;
import dev.lunaria.iscsi.text.NegotiationException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of one PDU in the security stage, sorted.
 *
 * @param authentication AuthMethod and what belongs to CHAP
 * @param answers to keys that nobody knows
 */
record SecurityKeys(Map<Key, String> authentication, List<KeyValue> answers) {

    /** Sorts them; names go to the negotiation, operational keys are errors. */
    static SecurityKeys sort(List<KeyValue> pairs, Negotiation negotiation)
            throws NegotiationException {
        SecurityKeys keys = new SecurityKeys(new EnumMap<>(Key.class), new ArrayList<>());
        for (KeyValue pair : pairs) {
            Key key = Key.of(pair.key());
            if (key == null) {
                keys.answers.add(new KeyValue(pair.key(), KeyValue.NOT_UNDERSTOOD));
            } else if (key.isName()) {
                negotiation.declareName(key, pair.value());
            } else if (!key.isSecurity()) {
                throw new NegotiationException(key.wire() + " in the security stage");
            } else if (keys.authentication.putIfAbsent(key, pair.value()) != null) {
                throw new NegotiationException(key.wire() + " twice in one request");
            }
        }
        return keys;
    }
}
