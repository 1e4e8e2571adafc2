package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import dev.lunaria.iscsi.text.NegotiationException;
import dev.lunaria.iscsi.text.TextAssembly;
import dev.lunaria.iscsi.text.TextKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Text requests in the full-feature phase (RFC 7143 §11.10, §11.11, appendix C): SendTargets, over
 * as many PDUs as question and answer need. It names only what is granted to this initiator.
 *
 * <p>Owned by the session's event loop. Bounded: a question by {@link TextAssembly}.
 */
final class TextExchange {

    private final Responder responder;
    private final Supplier<List<GrantedTarget>> targets;
    private final String ownTarget;
    private TextAssembly question = new TextAssembly();
    private ByteBuffer answer = Pdu.NO_DATA;
    private int transferTag;

    /**
     * @param targets what is granted to the initiator
     * @param ownTarget the session's target; empty in a discovery session
     */
    TextExchange(Responder responder, Supplier<List<GrantedTarget>> targets, String ownTarget) {
        this.responder = responder;
        this.targets = targets;
        this.ownTarget = ownTarget;
    }

    /** Answers a request; false if it is none that can be answered. */
    boolean receive(TextRequest request) {
        if (request.targetTransferTag() == Pdu.RESERVED_TAG) {
            question = new TextAssembly();
            answer = Pdu.NO_DATA;
        } else if (request.targetTransferTag() != transferTag) {
            return false;
        }
        try {
            ByteBuffer text = question.add(request.data(), request.continued());
            if (text == null) {
                more(request, false, Pdu.NO_DATA);
                return true;
            }
            if (text.hasRemaining()) {
                answer = TextKeys.format(answers(TextKeys.parse(text)));
            }
        } catch (NegotiationException malformed) {
            question = new TextAssembly();
            return false;
        }
        int bytes = Math.min(answer.remaining(), responder.maxSegment());
        ByteBuffer part = answer.slice(answer.position(), bytes);
        answer = answer.slice(answer.position() + bytes, answer.remaining() - bytes);
        if (answer.hasRemaining()) {
            more(request, true, part);
        } else if (request.last()) {
            responder.text(request.initiatorTaskTag(), Pdu.RESERVED_TAG, true, false, part);
        } else {
            more(request, false, part);
        }
        return true;
    }

    private void more(TextRequest request, boolean continued, ByteBuffer part) {
        transferTag = (transferTag + 1) & Integer.MAX_VALUE;
        responder.text(request.initiatorTaskTag(), transferTag, false, continued, part);
    }

    private List<KeyValue> answers(List<KeyValue> pairs) {
        List<KeyValue> out = new ArrayList<>();
        for (KeyValue pair : pairs) {
            Key key = Key.of(pair.key());
            if (key == null) {
                out.add(new KeyValue(pair.key(), KeyValue.NOT_UNDERSTOOD));
            } else if (key == Key.SEND_TARGETS) {
                sendTargets(pair.value(), out);
            } else {
                // Nothing else is negotiated once login is over.
                out.add(key.with(KeyValue.REJECT));
            }
        }
        return out;
    }

    private void sendTargets(String which, List<KeyValue> out) {
        boolean all = which.equals("All");
        if (all && !ownTarget.isEmpty()) {
            out.add(Key.SEND_TARGETS.with(KeyValue.REJECT));
            return;
        }
        String wanted = which.isEmpty() ? ownTarget : which;
        List<GrantedTarget> named = new ArrayList<>(targets.get());
        named.removeIf(target -> !all && !target.name().equals(wanted));
        for (GrantedTarget target : named) {
            out.add(Key.TARGET_NAME.with(target.name()));
            for (String address : target.addresses()) {
                out.add(Key.TARGET_ADDRESS.with(address));
            }
        }
    }
}
