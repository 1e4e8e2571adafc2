package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs one side's machine against the other's, and keeps what was said. */
final class Dialogue {
    static final int TSIH = 77;

    final List<LoginRequest> requests = new ArrayList<>();
    final List<LoginResponse> responses = new ArrayList<>();
    @Nullable TargetLoginResult target;
    TargetStep.@Nullable Refused refused;
    @Nullable InitiatorStep outcome;

    static Dialogue run(InitiatorLogin initiator, TargetLogin target) {
        Dialogue dialogue = new Dialogue();
        LoginRequest request = initiator.begin();
        while (dialogue.outcome == null) {
            dialogue.requests.add(request);
            LoginResponse response = dialogue.answer(target, request);
            dialogue.responses.add(response);
            InitiatorStep step = initiator.receive(response);
            if (step instanceof InitiatorStep.Send(LoginRequest next)) {
                request = next;
            } else {
                dialogue.outcome = step;
            }
        }
        return dialogue;
    }

    private LoginResponse answer(TargetLogin login, LoginRequest request) {
        return switch (login.receive(request)) {
            case TargetStep.Reply reply -> reply.response();
            case TargetStep.Refused refusal -> {
                refused = refusal;
                yield refusal.response();
            }
            case TargetStep.Established established -> {
                target = established.result();
                yield login.accept(TSIH);
            }
        };
    }

    TargetLoginResult target() {
        return Objects.requireNonNull(target, "the target did not establish the session");
    }

    InitiatorLoginResult initiator() {
        if (outcome instanceof InitiatorStep.Established(InitiatorLoginResult result)) {
            return result;
        }
        throw new AssertionError("the login failed: " + outcome);
    }

    InitiatorStep.Failed failed() {
        if (outcome instanceof InitiatorStep.Failed failed) {
            return failed;
        }
        throw new AssertionError("the login did not fail: " + outcome);
    }
}
