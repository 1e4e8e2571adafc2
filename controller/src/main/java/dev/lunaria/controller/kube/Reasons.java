package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;

/** Failures in one word, as events and conditions have them. No state. */
final class Reasons {

    private Reasons() {}

    static String of(Failure failure) {
        return switch (failure.reason()) {
            case INVALID -> "InvalidRequest";
            case OUT_OF_RANGE -> "ImpossibleSize";
            case NOT_FOUND -> "NotFound";
            case ALREADY_EXISTS -> "AlreadyExists";
            case EXHAUSTED -> "NoRoom";
            case IN_USE -> "InUse";
            case FORBIDDEN -> "Forbidden";
            case BUSY -> "Busy";
            case UNAVAILABLE -> "Unavailable";
            case TIMED_OUT -> "TimedOut";
            case FAULT -> "Fault";
        };
    }

    /** Whether somebody has to do something about it; others pass by themselves. */
    static boolean isForPeople(Failure failure) {
        return switch (failure.reason()) {
            case BUSY, TIMED_OUT -> false;
            case INVALID,
                    OUT_OF_RANGE,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    EXHAUSTED,
                    IN_USE,
                    FORBIDDEN,
                    UNAVAILABLE,
                    FAULT ->
                    true;
        };
    }
}
