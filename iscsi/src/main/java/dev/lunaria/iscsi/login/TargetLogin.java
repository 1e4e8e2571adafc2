package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.chap.AuthenticationException;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapProof;
import dev.lunaria.iscsi.chap.TargetChap;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import dev.lunaria.iscsi.text.Negotiation;
import dev.lunaria.iscsi.text.NegotiationException;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.iscsi.text.SessionType;
import dev.lunaria.iscsi.text.TextAssembly;
import dev.lunaria.iscsi.text.TextKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of one login phase (RFC 7143 §6.3): requests in, responses and one outcome out.
 *
 * <p>Owned by one connection, on its event loop. Takes at most {@link #MAX_REQUESTS} requests and
 * 64 KiB of text.
 */
public final class TargetLogin {
    /** Requests of one login; the longest dialogue that makes sense has six. */
    public static final int MAX_REQUESTS = 32;

    /** Longest iSCSI name in bytes (RFC 7143 §4.2.7.1). */
    private static final int MAX_NAME_BYTES = 223;

    private static final String NO_TARGET = "";

    private final LoginAuthority authority;
    private final int portalGroupTag;
    private final int commandWindow;
    private final RandomGenerator random;
    private final Negotiation negotiation;
    private final TextAssembly assembly = new TextAssembly();

    private int requests;
    private boolean ended;
    private @Nullable LoginRequest first;
    private int currentStage;
    private boolean namesTaken;
    private int statSn;
    private SessionType type = SessionType.NORMAL;
    private String initiatorName = "";
    private String targetName = NO_TARGET;
    private LoginAuthority.@Nullable Grant grant;
    private @Nullable TargetChap chap;
    private boolean authenticated;

    private @Nullable LoginRequest lastRequest;
    private List<KeyValue> lastAnswers = List.of();

    /**
     * @param portalGroupTag of the portal that the connection came through
     * @param commandWindow how many commands may be sent from the start of the full-feature phase
     * @param random cryptographically strong; makes CHAP challenges
     */
    public TargetLogin(
            LoginAuthority authority,
            OperationalWants wants,
            int portalGroupTag,
            int commandWindow,
            RandomGenerator random) {
        this.authority = authority;
        this.portalGroupTag = portalGroupTag;
        this.commandWindow = commandWindow;
        this.random = random;
        this.negotiation = new Negotiation(Negotiation.Role.TARGET, SessionType.NORMAL, wants);
    }

    /** Takes what the initiator sent; anything but a login request ends the login. */
    public TargetStep receive(InitiatorPdu pdu) {
        LoginRequest request =
                pdu instanceof LoginRequest login ? login : standIn(pdu.initiatorTaskTag());
        if (requests == 0) {
            // As good as any first StatSN, and what a reconnecting initiator waits for.
            statSn = request.expStatSn();
        }
        try {
            if (!(pdu instanceof LoginRequest)) {
                throw new LoginRefusal(
                        LoginStatus.INVALID_DURING_LOGIN,
                        pdu.getClass().getSimpleName() + " during login");
            }
            return login(request);
        } catch (LoginRefusal e) {
            return refusal(request, e);
        } catch (NegotiationException e) {
            return refusal(request, new LoginRefusal(LoginStatus.INITIATOR_ERROR, e.reason()));
        } catch (AuthenticationException e) {
            return refusal(
                    request, new LoginRefusal(LoginStatus.AUTHENTICATION_FAILURE, e.reason()));
        }
    }

    /**
     * The last response of a login that is established.
     *
     * @param tsih the session's handle, 1 to 65535
     */
    public LoginResponse accept(int tsih) {
        LoginRequest request = lastRequest;
        if (request == null) {
            throw new IllegalStateException("the login is not established");
        }
        lastRequest = null;
        return response(request, true, tsih, LoginStatus.SUCCESS, lastAnswers);
    }

    /** Refuses a login that is established: the session could not be made. */
    public TargetStep.Refused refuse(LoginStatus status, String reason) {
        LoginRequest request = lastRequest;
        if (request == null) {
            throw new IllegalStateException("the login is not established");
        }
        lastRequest = null;
        return refusal(request, new LoginRefusal(status, reason));
    }

    private TargetStep login(LoginRequest request)
            throws LoginRefusal, NegotiationException, AuthenticationException {
        checkHeader(request);
        ByteBuffer text = assembly.add(request.data(), request.continued());
        if (text == null) {
            return new TargetStep.Reply(
                    response(request, false, request.tsih(), LoginStatus.SUCCESS, List.of()));
        }
        List<KeyValue> pairs = TextKeys.parse(text);
        List<KeyValue> answers = new ArrayList<>();
        if (!namesTaken) {
            takeNames(pairs);
            decide(request);
            namesTaken = true;
            if (type == SessionType.NORMAL) {
                // RFC 7143 §13.9: in the first response after TargetName.
                answers.add(Key.TARGET_PORTAL_GROUP_TAG.with(String.valueOf(portalGroupTag)));
            }
        }
        if (currentStage == Stage.SECURITY) {
            security(pairs, answers);
        } else {
            if (!authenticated) {
                throw new AuthenticationException("the security stage was left out");
            }
            answers.addAll(negotiation.receive(pairs));
        }
        return answer(request, answers);
    }

    private TargetStep answer(LoginRequest request, List<KeyValue> answers)
            throws NegotiationException, AuthenticationException {
        boolean transit = request.transit() && authenticated;
        if (request.transit() && !authenticated && chap != null && !chap.started()) {
            throw new AuthenticationException("no AuthMethod was offered");
        }
        if (transit && request.nextStage() == Stage.FULL_FEATURE) {
            TargetLoginResult result = result(request);
            ended = true;
            lastRequest = request;
            lastAnswers = answers;
            return new TargetStep.Established(result);
        }
        if (transit) {
            currentStage = request.nextStage();
        }
        return new TargetStep.Reply(
                response(request, transit, request.tsih(), LoginStatus.SUCCESS, answers));
    }

    private void checkHeader(LoginRequest request) throws LoginRefusal {
        if (ended) {
            throw new LoginRefusal(
                    LoginStatus.INVALID_DURING_LOGIN, "a login request after the login's end");
        }
        if (++requests > MAX_REQUESTS) {
            throw new LoginRefusal(
                    LoginStatus.INITIATOR_ERROR, "more than " + MAX_REQUESTS + " login requests");
        }
        LoginRequest before = first;
        if (before == null) {
            checkFirstHeader(request);
            first = request;
            currentStage = request.currentStage();
        } else if (request.isid() != before.isid()
                || request.tsih() != before.tsih()
                || request.connectionId() != before.connectionId()) {
            throw new LoginRefusal(
                    LoginStatus.INITIATOR_ERROR, "ISID, TSIH or CID changed during login");
        }
        if (request.currentStage() != currentStage) {
            throw new LoginRefusal(
                    LoginStatus.INITIATOR_ERROR,
                    "CSG %d in stage %d".formatted(request.currentStage(), currentStage));
        }
        if (request.transit() && request.continued()) {
            throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, "both the T and the C bit");
        }
        if (request.transit()
                && (request.nextStage() <= currentStage
                        || (request.nextStage() != Stage.OPERATIONAL
                                && request.nextStage() != Stage.FULL_FEATURE))) {
            throw new LoginRefusal(
                    LoginStatus.INITIATOR_ERROR,
                    "NSG %d from stage %d".formatted(request.nextStage(), currentStage));
        }
    }

    private void checkFirstHeader(LoginRequest request) throws LoginRefusal {
        if (request.versionMin() > 0) {
            throw new LoginRefusal(
                    LoginStatus.UNSUPPORTED_VERSION, "Version-min " + request.versionMin());
        }
        if (request.currentStage() != Stage.SECURITY
                && request.currentStage() != Stage.OPERATIONAL) {
            throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, "CSG " + request.currentStage());
        }
        if (request.tsih() != 0) {
            // MaxConnections is 1 (RFC 7143 §6.3.1).
            throw authority.hasSession(request.tsih())
                    ? new LoginRefusal(
                            LoginStatus.TOO_MANY_CONNECTIONS,
                            "a second connection for TSIH " + request.tsih())
                    : new LoginRefusal(
                            LoginStatus.SESSION_DOES_NOT_EXIST, "no TSIH " + request.tsih());
        }
    }

    private void takeNames(List<KeyValue> pairs) throws LoginRefusal, NegotiationException {
        for (KeyValue pair : pairs) {
            Key key = Key.of(pair.key());
            if (key != null && key.isName()) {
                negotiation.declareName(key, pair.value());
            }
        }
        String sessionType = negotiation.name(Key.SESSION_TYPE);
        if (sessionType != null) {
            type =
                    switch (sessionType) {
                        case "Normal" -> SessionType.NORMAL;
                        case "Discovery" -> SessionType.DISCOVERY;
                        default ->
                                throw new LoginRefusal(
                                        LoginStatus.SESSION_TYPE_NOT_SUPPORTED,
                                        "SessionType " + sessionType);
                    };
        }
        negotiation.sessionType(type);
        initiatorName = name(Key.INITIATOR_NAME);
        if (type == SessionType.NORMAL) {
            targetName = name(Key.TARGET_NAME);
        }
    }

    private String name(Key key) throws LoginRefusal {
        String name = negotiation.name(key);
        if (name == null || name.isEmpty()) {
            throw new LoginRefusal(LoginStatus.MISSING_PARAMETER, "no " + key.wire());
        }
        if (name.length() > MAX_NAME_BYTES) {
            throw new LoginRefusal(
                    LoginStatus.INITIATOR_ERROR, key.wire() + " is longer than 223 bytes");
        }
        return name.toLowerCase(Locale.ROOT);
    }

    private void decide(LoginRequest request) throws LoginRefusal {
        LoginAuthority.Attempt attempt =
                new LoginAuthority.Attempt(
                        type, initiatorName, targetName, portalGroupTag, request.isid());
        switch (authority.decide(attempt)) {
            case Decision.Granted granted -> {
                grant = granted.grant();
                ChapCredential initiator = granted.initiator();
                authenticated = initiator == null;
                if (initiator != null) {
                    ChapProof proof = new ChapProof(initiator, granted.target());
                    chap = new TargetChap(List.of(proof), random);
                }
            }
            case Decision.GrantedByAny granted -> {
                grant = granted.grant();
                authenticated = false;
                chap = new TargetChap(granted.proofs(), random);
            }
            case Decision.Refused refused ->
                    throw new LoginRefusal(refused.status(), refused.reason());
            case Decision.Moved moved ->
                    throw new LoginRefusal(
                            moved.permanently()
                                    ? LoginStatus.TARGET_MOVED_PERMANENTLY
                                    : LoginStatus.TARGET_MOVED_TEMPORARILY,
                            "the target is at " + moved.address(),
                            List.of(Key.TARGET_ADDRESS.with(moved.address())));
        }
    }

    private void security(List<KeyValue> pairs, List<KeyValue> answers)
            throws NegotiationException, AuthenticationException {
        SecurityKeys keys = SecurityKeys.sort(pairs, negotiation);
        TargetChap dialogue = chap;
        if (dialogue != null) {
            answers.addAll(dialogue.receive(keys.authentication()));
            authenticated = dialogue.done();
        } else if (!keys.authentication().isEmpty()) {
            answers.add(none(keys));
        }
        answers.addAll(keys.answers());
    }

    /** Where no authentication is asked for, None is all that can be agreed on. */
    private static KeyValue none(SecurityKeys keys) throws AuthenticationException {
        String methods = keys.authentication().get(Key.AUTH_METHOD);
        if (methods == null || keys.authentication().size() > 1) {
            throw new AuthenticationException("CHAP keys where CHAP was not negotiated");
        }
        if (!List.of(methods.split(",", 16)).contains("None")) {
            throw new AuthenticationException(
                    methods + " is required, and this target has no secret for it");
        }
        return Key.AUTH_METHOD.with("None");
    }

    private TargetLoginResult result(LoginRequest request) throws NegotiationException {
        LoginAuthority.Grant granted = grant;
        if (granted == null) {
            throw new IllegalStateException("nobody granted it");
        }
        return new TargetLoginResult(
                initiatorName,
                targetName,
                request.isid(),
                portalGroupTag,
                request.connectionId(),
                request.cmdSn(),
                statSn + 1,
                negotiation.session(),
                negotiation.connection(),
                granted);
    }

    private TargetStep.Refused refusal(LoginRequest request, LoginRefusal refusal) {
        ended = true;
        return new TargetStep.Refused(
                response(request, false, request.tsih(), refusal.status(), refusal.keys()),
                refusal.status(),
                refusal.reason());
    }

    private LoginResponse response(
            LoginRequest request,
            boolean transit,
            int tsih,
            LoginStatus status,
            List<KeyValue> answers) {
        return new LoginResponse(
                transit,
                false,
                request.currentStage(),
                transit ? request.nextStage() : 0,
                0,
                0,
                request.isid(),
                tsih,
                request.initiatorTaskTag(),
                statSn++,
                request.cmdSn(),
                request.cmdSn() + commandWindow - 1,
                status.statusClass(),
                status.detail(),
                answers.isEmpty() ? Pdu.NO_DATA : TextKeys.format(answers));
    }

    /** What a response to something else than a login request refers to. */
    private static LoginRequest standIn(int initiatorTaskTag) {
        return new LoginRequest(
                false, false, 0, 0, 0, 0, 0, 0, initiatorTaskTag, 0, 0, 0, Pdu.NO_DATA);
    }
}
