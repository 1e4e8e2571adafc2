package dev.lunaria.target.store;

/**
 * A token bucket: something may go on while there are tokens, and then pays its price, be it more
 * than there are. So over any time no more goes through than the rate, what the bucket holds, and
 * one thing.
 *
 * <p>Pure: the time is handed in, in nanoseconds of a clock that never goes back. Not for several
 * threads; who owns it guards it. Holds {@link #BURST_SECONDS} of its rate.
 */
final class TokenBucket {

    /** So much of the rate may go at once after a pause. */
    static final double BURST_SECONDS = 1;

    private static final double NANOS = 1e9;

    private double perSecond;
    private double tokens;
    private long last;

    /**
     * Full.
     *
     * @param perSecond more than 0
     */
    TokenBucket(long perSecond, long now) {
        this.perSecond = (double) perSecond;
        this.tokens = this.perSecond * BURST_SECONDS;
        this.last = now;
    }

    /** Another rate from now on. No tokens come with it, and debts stay as they are. */
    void change(long rate, long now) {
        refill(now);
        perSecond = (double) rate;
        tokens = Math.min(tokens, perSecond * BURST_SECONDS);
    }

    boolean isOpen(long now) {
        refill(now);
        return tokens > 0;
    }

    void take(long price) {
        tokens -= (double) price;
    }

    /** Forgives what is owed beyond a burst. */
    void forgive() {
        tokens = Math.max(tokens, -perSecond * BURST_SECONDS);
    }

    /** How long it stays shut if nothing more is taken; 0: it is open. */
    long nanosUntilOpen(long now) {
        return isOpen(now) ? 0 : (long) Math.ceil((-tokens / perSecond) * NANOS) + 1;
    }

    private void refill(long now) {
        tokens =
                Math.min(
                        perSecond * BURST_SECONDS,
                        tokens + (double) Math.max(0, now - last) / NANOS * perSecond);
        last = now;
    }
}
