package dev.lunaria.iscsi.chap;

import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's half of the CHAP dialogue (RFC 7143 §12.1.3): answers the target's challenge, and
 * challenges the target where that has to prove itself.
 *
 * <p>Owned by one login; good for one attempt.
 */
public final class InitiatorChap {
    private enum State {
        METHOD,
        CHALLENGE,
        PROOF,
        DONE
    }

    private final ChapCredential initiator;
    private final @Nullable ChapCredential target;
    private final List<ChapAlgorithm> algorithms;
    private final RandomGenerator random;
    private State state = State.METHOD;
    private @Nullable ChapChallenge challenge;

    /**
     * @param initiator what this side proves
     * @param target what the target must prove; null where it need not
     * @param algorithms to offer, the preferred first
     * @param random cryptographically strong
     */
    public InitiatorChap(
            ChapCredential initiator,
            @Nullable ChapCredential target,
            List<ChapAlgorithm> algorithms,
            RandomGenerator random) {
        this.initiator = initiator;
        this.target = target;
        this.algorithms = List.copyOf(algorithms);
        this.random = random;
    }

    /** What the first request carries. */
    public List<KeyValue> start() {
        return List.of(Key.AUTH_METHOD.with(ChapKeys.CHAP));
    }

    /** Whether this side has said all it has to, so that the stage can end with the answer. */
    public boolean readyToTransit() {
        return state == State.PROOF || state == State.DONE;
    }

    /** Whether both sides have proved what they must. */
    public boolean done() {
        return state == State.DONE;
    }

    /**
     * Takes the security keys of one response.
     *
     * @return the next request's keys
     */
    public List<KeyValue> receive(Map<Key, String> keys) throws AuthenticationException {
        return switch (state) {
            case METHOD -> {
                String method = ChapKeys.require(keys, Key.AUTH_METHOD);
                if (!method.equals(ChapKeys.CHAP)) {
                    throw new AuthenticationException("the target answers AuthMethod " + method);
                }
                state = State.CHALLENGE;
                yield List.of(Key.CHAP_A.with(offer()));
            }
            case CHALLENGE -> respond(keys);
            case PROOF -> {
                verify(keys);
                state = State.DONE;
                yield List.of();
            }
            case DONE -> List.of();
        };
    }

    private String offer() {
        return algorithms.stream()
                .map(algorithm -> String.valueOf(algorithm.number()))
                .collect(Collectors.joining(","));
    }

    private List<KeyValue> respond(Map<Key, String> keys) throws AuthenticationException {
        String number = ChapKeys.require(keys, Key.CHAP_A);
        ChapAlgorithm algorithm = ChapAlgorithm.of(number);
        if (algorithm == null || !algorithms.contains(algorithm)) {
            throw new AuthenticationException("CHAP_A=" + number + " was not offered");
        }
        ChapChallenge received = ChapKeys.challenge(algorithm, keys);
        List<KeyValue> request = new ArrayList<>(ChapKeys.pairs(initiator, received));
        if (target != null) {
            ChapChallenge created = ChapChallenge.create(algorithm, random);
            if (created.isReflectedBy(received)) {
                throw new AuthenticationException("the random generator repeats itself");
            }
            challenge = created;
            request.addAll(ChapKeys.pairs(created));
        }
        state = State.PROOF;
        return request;
    }

    private void verify(Map<Key, String> keys) throws AuthenticationException {
        ChapChallenge sent = challenge;
        if (target == null || sent == null) {
            return;
        }
        String name = ChapKeys.require(keys, Key.CHAP_N);
        byte[] response = ChapKeys.binary(keys, Key.CHAP_R);
        if (!sent.isAnsweredBy(response, target.secret()) || !name.equals(target.name())) {
            throw new AuthenticationException("the target did not prove its CHAP secret");
        }
    }
}
