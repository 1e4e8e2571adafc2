package dev.lunaria.iscsi.login;

import dev.lunaria.iscsi.text.KeyValue;
import java.util.List;

/** A login that ends with a status other than success. */
final class LoginRefusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final LoginStatus status;
    private final transient List<KeyValue> keys;

    LoginRefusal(LoginStatus status, String reason) {
        this(status, reason, List.of());
    }

    LoginRefusal(LoginStatus status, String reason, List<KeyValue> keys) {
        // No stack trace: the peer decides how often this is thrown.
        super(reason, null, false, false);
        this.status = status;
        this.keys = keys;
    }

    LoginStatus status() {
        return status;
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    /** What the response carries: the address of a target that moved. */
    List<KeyValue> keys() {
        return keys;
    }
}
