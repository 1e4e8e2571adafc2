package dev.lunaria.node.disk.process;

import dev.lunaria.node.disk.process.DiskFailure.Kind;
import dev.lunaria.node.disk.session.UnitException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Answers of sessions, waited for, and their failures as the service's. Stateless; any thread. */
final class UnitAnswers {
    private static final Duration REPLY = Duration.ofSeconds(30);

    private UnitAnswers() {}

    /** Waits for a session's answer. */
    static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(REPLY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new DiskFailure(
                    Kind.TOO_LONG,
                    "the target didn't answer within " + REPLY.toSeconds() + " s; repeat",
                    e);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static DiskFailure failure(@Nullable Throwable cause) {
        if (cause instanceof UnitException unit) {
            Kind kind =
                    switch (unit.reason()) {
                        case REFUSED -> Kind.REFUSED;
                        case WRONG_UNIT, NOT_ALLOWED -> Kind.PRECONDITION;
                        case UNAVAILABLE, CLOSED -> Kind.UNAVAILABLE;
                        case CHANGED -> Kind.CHANGED;
                        case FAILED -> Kind.BROKEN;
                    };
            return new DiskFailure(kind, String.valueOf(unit.getMessage()), unit);
        }
        return new DiskFailure(Kind.BROKEN, "unexpected: " + cause, cause);
    }

    static DiskFailure interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new DiskFailure(Kind.UNAVAILABLE, "this process is stopping", e);
    }
}
