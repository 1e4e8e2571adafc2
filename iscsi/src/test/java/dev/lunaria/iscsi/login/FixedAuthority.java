package dev.lunaria.iscsi.login;

import java.util.ArrayList;
import java.util.List;

/** Decides the same of everybody, and remembers who asked. */
final class FixedAuthority implements LoginAuthority {
    /** What every grant of it is. */
    record TestGrant() implements Grant {}

    static final TestGrant GRANT = new TestGrant();

    final List<Attempt> attempts = new ArrayList<>();
    private final Decision decision;

    FixedAuthority(Decision decision) {
        this.decision = decision;
    }

    @Override
    public Decision decide(Attempt attempt) {
        attempts.add(attempt);
        return decision;
    }

    @Override
    public boolean hasSession(int tsih) {
        return tsih == 9;
    }
}
