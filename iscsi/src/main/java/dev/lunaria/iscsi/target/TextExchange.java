package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Text requests in the full-feature phase (RFC 7143 §11.10, §11.11, appendix C): SendTargets, over
 * as many PDUs as question and answer need. It names only what is granted to this initiator.
 *
 * <p>Owned by the session's event loop. Bounded: a question has at most {@link #LIMIT} bytes.
 */
final class TextExchange {

    /** Longest question, in bytes. */
    static final int LIMIT = 8192;

    private static final byte[] NOTHING = {};

    private final Responder responder;
    private final Supplier<List<GrantedTarget>> targets;
    private final String ownTarget;
    private byte[] question = NOTHING;
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
            question = NOTHING;
            answer = Pdu.NO_DATA;
        } else if (request.targetTransferTag() != transferTag) {
            return false;
        }
        ByteBuffer data = request.data();
        int before = question.length;
        if (before + data.remaining() > LIMIT) {
            return false;
        }
        question = Arrays.copyOf(question, before + data.remaining());
        data.get(data.position(), question, before, data.remaining());
        if (request.continued()) {
            more(request, false, Pdu.NO_DATA);
            return true;
        }
        if (question.length > 0) {
            answer = answers(new String(question, StandardCharsets.UTF_8));
            question = NOTHING;
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

    private ByteBuffer answers(String text) {
        StringBuilder out = new StringBuilder();
        for (String pair : text.split("\0", -1)) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                continue;
            }
            String key = pair.substring(0, equals);
            if (key.equals("SendTargets")) {
                sendTargets(pair.substring(equals + 1), out);
            } else {
                // Nothing else is negotiated once login is over.
                out.append(key).append("=Reject\0");
            }
        }
        return ByteBuffer.wrap(out.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void sendTargets(String which, StringBuilder out) {
        boolean all = which.equals("All");
        if (all && !ownTarget.isEmpty()) {
            out.append("SendTargets=Reject\0");
            return;
        }
        String wanted = which.isEmpty() ? ownTarget : which;
        List<GrantedTarget> named = new ArrayList<>(targets.get());
        named.removeIf(target -> !all && !target.name().equals(wanted));
        for (GrantedTarget target : named) {
            out.append("TargetName=").append(target.name()).append('\0');
            for (String address : target.addresses()) {
                out.append("TargetAddress=").append(address).append('\0');
            }
        }
    }
}
