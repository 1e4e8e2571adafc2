package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.chap.AuthenticationException;
import dev.lunaria.iscsi.chap.InitiatorChap;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import dev.lunaria.iscsi.text.Negotiation;
import dev.lunaria.iscsi.text.NegotiationException;
import dev.lunaria.iscsi.text.SessionType;
import dev.lunaria.iscsi.text.TextAssembly;
import dev.lunaria.iscsi.text.TextKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's side of one login phase (RFC 7143 §6.3): responses in, requests and one outcome
 * out.
 *
 * <p>Owned by one connection. Takes at most {@link #MAX_RESPONSES} responses and 64 KiB of text.
 */
public final class InitiatorLogin {
    /** Responses of one login; the longest dialogue that makes sense has six. */
    public static final int MAX_RESPONSES = 32;

    private final InitiatorLoginSettings settings;
    private final Negotiation negotiation;
    private final @Nullable InitiatorChap chap;
    private final TextAssembly assembly = new TextAssembly();

    private int currentStage;
    private boolean offered;
    private boolean transitAsked;
    private int expStatSn;
    private int responses;
    private boolean ended;

    /**
     * @param random cryptographically strong; makes CHAP challenges
     */
    public InitiatorLogin(InitiatorLoginSettings settings, RandomGenerator random) {
        this.settings = settings;
        this.expStatSn = settings.expStatSn();
        this.negotiation =
                new Negotiation(Negotiation.Role.INITIATOR, settings.type(), settings.wants());
        this.chap =
                settings.initiator() == null
                        ? null
                        : new InitiatorChap(
                                settings.initiator(),
                                settings.target(),
                                settings.algorithms(),
                                random);
        this.currentStage = chap == null ? Stage.OPERATIONAL : Stage.SECURITY;
    }

    /** The first request. */
    public LoginRequest begin() {
        List<KeyValue> pairs = new ArrayList<>();
        pairs.add(Key.INITIATOR_NAME.with(settings.initiatorName()));
        if (settings.targetName() != null) {
            pairs.add(Key.TARGET_NAME.with(settings.targetName()));
        }
        pairs.add(
                Key.SESSION_TYPE.with(
                        settings.type() == SessionType.NORMAL ? "Normal" : "Discovery"));
        if (chap != null) {
            pairs.addAll(chap.start());
            return request(false, pairs);
        }
        return operational(pairs);
    }

    /** Takes what the target sent; anything but a login response ends the login. */
    public InitiatorStep receive(TargetPdu pdu) {
        if (ended || !(pdu instanceof LoginResponse response)) {
            return failed(
                    LoginFailure.PROTOCOL, null, pdu.getClass().getSimpleName() + " during login");
        }
        try {
            return login(response);
        } catch (NegotiationException e) {
            return failed(LoginFailure.PROTOCOL, null, e.reason());
        } catch (AuthenticationException e) {
            return failed(LoginFailure.AUTHORIZATION, null, e.reason());
        }
    }

    private InitiatorStep login(LoginResponse response)
            throws NegotiationException, AuthenticationException {
        if (++responses > MAX_RESPONSES) {
            throw new NegotiationException("more than " + MAX_RESPONSES + " login responses");
        }
        if (response.initiatorTaskTag() != settings.initiatorTaskTag()) {
            throw new NegotiationException("a login response to somebody else's request");
        }
        if (response.statusClass() != 0) {
            return refused(response);
        }
        checkHeader(response);
        expStatSn = response.statSn() + 1;
        ByteBuffer text = assembly.add(response.data(), response.continued());
        if (text == null) {
            return new InitiatorStep.Send(request(false, List.of()));
        }
        List<KeyValue> pairs = TextKeys.parse(text);
        return currentStage == Stage.SECURITY
                ? security(response, pairs)
                : operational(response, pairs);
    }

    private void checkHeader(LoginResponse response) throws NegotiationException {
        if (response.versionActive() != 0) {
            throw new NegotiationException("Version-active " + response.versionActive());
        }
        if (response.isid() != settings.isid()) {
            throw new NegotiationException("the target changed the ISID");
        }
        if (response.currentStage() != currentStage) {
            throw new NegotiationException(
                    "CSG %d in stage %d".formatted(response.currentStage(), currentStage));
        }
        if (response.transit() && response.continued()) {
            throw new NegotiationException("both the T and the C bit");
        }
        if (response.transit() && (!transitAsked || response.nextStage() != nextStage())) {
            throw new NegotiationException("the target goes to a stage that was not asked for");
        }
    }

    private int nextStage() {
        return currentStage == Stage.SECURITY ? Stage.OPERATIONAL : Stage.FULL_FEATURE;
    }

    private InitiatorStep security(LoginResponse response, List<KeyValue> pairs)
            throws NegotiationException, AuthenticationException {
        InitiatorChap dialogue = chap;
        if (dialogue == null) {
            throw new IllegalStateException("a security stage without a secret");
        }
        SecurityKeys keys = SecurityKeys.sort(pairs, negotiation);
        List<KeyValue> next = new ArrayList<>(dialogue.receive(keys.authentication()));
        if (!response.transit()) {
            if (dialogue.done()) {
                throw new NegotiationException("the target stays in the security stage");
            }
            next.addAll(keys.answers());
            return new InitiatorStep.Send(request(dialogue.readyToTransit(), next));
        }
        if (!dialogue.done()) {
            throw new AuthenticationException("the target ends the security stage before its end");
        }
        currentStage = Stage.OPERATIONAL;
        return new InitiatorStep.Send(operational(new ArrayList<>()));
    }

    private LoginRequest operational(List<KeyValue> pairs) {
        pairs.addAll(negotiation.offers());
        offered = true;
        return request(true, pairs);
    }

    private InitiatorStep operational(LoginResponse response, List<KeyValue> pairs)
            throws NegotiationException {
        if (!offered) {
            throw new IllegalStateException("an operational stage without offers");
        }
        List<KeyValue> answers = negotiation.receive(pairs);
        if (!response.transit()) {
            return new InitiatorStep.Send(request(true, answers));
        }
        if (!answers.isEmpty() || !negotiation.settled()) {
            throw new NegotiationException("the target ends the login with keys unsettled");
        }
        if (response.tsih() == 0) {
            throw new NegotiationException("the target ends the login without a TSIH");
        }
        ended = true;
        return new InitiatorStep.Established(
                new InitiatorLoginResult(
                        response.tsih(),
                        settings.cmdSn(),
                        response.expCmdSn(),
                        response.maxCmdSn(),
                        expStatSn,
                        negotiation.targetPortalGroupTag(),
                        negotiation.session(),
                        negotiation.connection()));
    }

    private InitiatorStep refused(LoginResponse response) throws NegotiationException {
        LoginStatus status = LoginStatus.of(response.statusClass(), response.statusDetail());
        String reason =
                "the target answers %02x%02xh %s"
                        .formatted(
                                response.statusClass(),
                                response.statusDetail(),
                                status == null ? "" : status)
                        .strip();
        if (response.statusClass() == 1) {
            for (KeyValue pair : TextKeys.parse(response.data())) {
                if (Key.of(pair.key()) == Key.TARGET_ADDRESS) {
                    ended = true;
                    return new InitiatorStep.Failed(
                            LoginFailure.REDIRECTION, status, reason, pair.value());
                }
            }
            return failed(LoginFailure.PROTOCOL, status, reason + " without a TargetAddress");
        }
        return failed(failure(response.statusClass(), status), status, reason);
    }

    private static LoginFailure failure(int statusClass, @Nullable LoginStatus status) {
        if (status == null) {
            return statusClass == 3 ? LoginFailure.TRANSIENT : LoginFailure.PROTOCOL;
        }
        return switch (status) {
            case AUTHENTICATION_FAILURE, AUTHORIZATION_FAILURE, NOT_FOUND, TARGET_REMOVED ->
                    LoginFailure.AUTHORIZATION;
            case TARGET_MOVED_TEMPORARILY, TARGET_MOVED_PERMANENTLY -> LoginFailure.REDIRECTION;
            case TARGET_ERROR, SERVICE_UNAVAILABLE, OUT_OF_RESOURCES, TOO_MANY_CONNECTIONS ->
                    LoginFailure.TRANSIENT;
            case SUCCESS,
                    INITIATOR_ERROR,
                    UNSUPPORTED_VERSION,
                    MISSING_PARAMETER,
                    CANNOT_INCLUDE_IN_SESSION,
                    SESSION_TYPE_NOT_SUPPORTED,
                    SESSION_DOES_NOT_EXIST,
                    INVALID_DURING_LOGIN ->
                    LoginFailure.PROTOCOL;
        };
    }

    private InitiatorStep.Failed failed(
            LoginFailure failure, @Nullable LoginStatus status, String reason) {
        ended = true;
        return new InitiatorStep.Failed(failure, status, reason, null);
    }

    private LoginRequest request(boolean transit, List<KeyValue> pairs) {
        transitAsked = transit;
        return new LoginRequest(
                transit,
                false,
                currentStage,
                transit ? nextStage() : 0,
                0,
                0,
                settings.isid(),
                0,
                settings.initiatorTaskTag(),
                settings.connectionId(),
                settings.cmdSn(),
                expStatSn,
                pairs.isEmpty() ? Pdu.NO_DATA : TextKeys.format(pairs));
    }
}
