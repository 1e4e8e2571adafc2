package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.text.OperationalWants;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What all connections of a target server share. Immutable; every part of it is thread-safe.
 *
 * @param wants what the target asks for when it negotiates
 * @param pool memory for Data-Out
 * @param random cryptographically strong
 */
public record TargetEnvironment(
        LoginAuthority authority,
        ServedTargets targets,
        SessionDirectory directory,
        OperationalWants wants,
        SessionBounds bounds,
        DataOutPool pool,
        InstantSource clock,
        RandomGenerator random) {}
