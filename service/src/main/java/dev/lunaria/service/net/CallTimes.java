package dev.lunaria.service.net;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingClientInterceptor;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import java.time.Duration;

/**
 * How calls are timed, where they come in and where they go out, with the same buckets: so that of
 * a call's time the part that it waited for another program can be told. Stateless.
 */
final class CallTimes {
    /** From an answer out of memory to a fence that waits. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofSeconds(120)
    };

    private CallTimes() {}

    static MetricCollectingServerInterceptor in(MeterRegistry meters) {
        return new MetricCollectingServerInterceptor(
                meters, counter -> counter, CallTimes::withBuckets);
    }

    static MetricCollectingClientInterceptor out(MeterRegistry meters) {
        return new MetricCollectingClientInterceptor(
                meters, counter -> counter, CallTimes::withBuckets);
    }

    private static Timer.Builder withBuckets(Timer.Builder timer) {
        return timer.serviceLevelObjectives(BUCKETS);
    }
}
