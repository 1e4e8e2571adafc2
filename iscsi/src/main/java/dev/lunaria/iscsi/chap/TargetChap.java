package dev.lunaria.iscsi.chap;

import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The target's half of the CHAP dialogue (RFC 7143 §12.1.3): challenges the initiator, and answers
 * its challenge where it sends one.
 *
 * <p>Owned by one login; good for one attempt.
 */
public final class TargetChap {
    private enum State {
        METHOD,
        ALGORITHM,
        RESPONSE,
        DONE
    }

    private final List<ChapProof> proofs;
    private final RandomGenerator random;
    private State state = State.METHOD;
    private @Nullable ChapChallenge challenge;

    /**
     * @param proofs any one of them is enough; mutual authentication is by the same
     * @param random cryptographically strong
     */
    public TargetChap(List<ChapProof> proofs, RandomGenerator random) {
        this.proofs = List.copyOf(proofs);
        this.random = random;
    }

    /** Whether an AuthMethod was chosen. */
    public boolean started() {
        return state != State.METHOD;
    }

    /** Whether the initiator has proved itself. */
    public boolean done() {
        return state == State.DONE;
    }

    /**
     * Takes the security keys of one request.
     *
     * @return the answer's keys
     */
    public List<KeyValue> receive(Map<Key, String> keys) throws AuthenticationException {
        if (keys.isEmpty()) {
            return List.of();
        }
        List<KeyValue> answer = new ArrayList<>();
        if (state == State.METHOD) {
            chooseMethod(keys, answer);
            if (keys.size() == 1) {
                return answer;
            }
        } else if (keys.containsKey(Key.AUTH_METHOD)) {
            throw new AuthenticationException("AuthMethod was negotiated before");
        }
        switch (state) {
            case METHOD -> throw new IllegalStateException("a method was chosen");
            case ALGORITHM -> challenge(keys, answer);
            case RESPONSE -> verify(keys, answer);
            case DONE -> throw new AuthenticationException("CHAP keys after the authentication");
        }
        return answer;
    }

    private void chooseMethod(Map<Key, String> keys, List<KeyValue> answer)
            throws AuthenticationException {
        String methods = ChapKeys.require(keys, Key.AUTH_METHOD);
        if (!List.of(methods.split(",", 16)).contains(ChapKeys.CHAP)) {
            throw new AuthenticationException("CHAP is required, and only " + methods + " offered");
        }
        answer.add(Key.AUTH_METHOD.with(ChapKeys.CHAP));
        state = State.ALGORITHM;
    }

    private void challenge(Map<Key, String> keys, List<KeyValue> answer)
            throws AuthenticationException {
        String numbers = ChapKeys.require(keys, Key.CHAP_A);
        for (String number : numbers.split(",", 16)) {
            ChapAlgorithm algorithm = ChapAlgorithm.of(number);
            if (algorithm != null) {
                ChapChallenge created = ChapChallenge.create(algorithm, random);
                challenge = created;
                answer.add(Key.CHAP_A.with(number));
                answer.addAll(ChapKeys.pairs(created));
                state = State.RESPONSE;
                return;
            }
        }
        throw new AuthenticationException("no CHAP algorithm in common: " + numbers);
    }

    private void verify(Map<Key, String> keys, List<KeyValue> answer)
            throws AuthenticationException {
        ChapChallenge sent = challenge;
        if (sent == null) {
            throw new IllegalStateException("no challenge was sent");
        }
        String name = ChapKeys.require(keys, Key.CHAP_N);
        byte[] response = ChapKeys.binary(keys, Key.CHAP_R);
        ChapProof proof = proved(sent, name, response);
        if (keys.containsKey(Key.CHAP_I) || keys.containsKey(Key.CHAP_C)) {
            ChapChallenge received = ChapKeys.challenge(sent.algorithm(), keys);
            if (sent.isReflectedBy(received)) {
                throw new AuthenticationException("the CHAP challenge was sent back");
            }
            ChapCredential target = proof.target();
            if (target == null) {
                throw new AuthenticationException("mutual CHAP, and the target has no secret");
            }
            answer.addAll(ChapKeys.pairs(target, received));
        }
        state = State.DONE;
    }

    private ChapProof proved(ChapChallenge sent, String name, byte[] response)
            throws AuthenticationException {
        for (ChapProof proof : proofs) {
            ChapCredential initiator = proof.initiator();
            boolean proved = sent.isAnsweredBy(response, initiator.secret());
            if (proved && name.equals(initiator.name())) {
                return proof;
            }
        }
        throw new AuthenticationException("wrong CHAP name or secret");
    }
}
