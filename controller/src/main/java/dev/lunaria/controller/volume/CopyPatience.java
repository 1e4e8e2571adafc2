package dev.lunaria.controller.volume;

/**
 * How long CreateVolume waits for a copy before it answers that it is under way: small ones are
 * there by then, and a caller that doesn't ask again gets its volume. Immutable.
 *
 * @param asks how often the target is asked once more
 * @param pause what passes the time before each of them
 */
public record CopyPatience(int asks, Runnable pause) {

    private static final int ASKS = 20;
    private static final long PAUSE_MILLIS = 250;

    /** Five seconds: less than callers wait for an answer. */
    public static final CopyPatience USUAL = new CopyPatience(ASKS, CopyPatience::sleep);

    /** None. */
    public static final CopyPatience NONE = new CopyPatience(0, () -> {});

    private static void sleep() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Failure.Reason.UNAVAILABLE, "the controller is stopping; repeat", e);
        }
    }
}
