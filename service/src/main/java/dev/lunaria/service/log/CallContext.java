package dev.lunaria.service.log;

import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What a thread is working on, as every line of its log says it: the call's id, the volume, the
 * node. SLF4J's MDC belongs to a thread; these take it along to another. Stateless.
 */
public final class CallContext {
    /** One CSI call's id, the same in every program that works for it. */
    public static final String CALL = "call";

    /** A volume's id, {@code <pool>/<lun>}. */
    public static final String VOLUME = "volume";

    /** A node's name. */
    public static final String NODE = "node";

    private CallContext() {}

    /** The work, to be run by another thread with what this one is working on. */
    public static <T> Callable<T> along(Callable<T> work) {
        Map<String, String> context = MDC.getCopyOfContextMap();
        return () -> {
            Map<String, String> before = MDC.getCopyOfContextMap();
            set(context);
            try {
                return work.call();
            } finally {
                set(before);
            }
        };
    }

    private static void set(@Nullable Map<String, String> context) {
        if (context == null) {
            MDC.clear();
        } else {
            MDC.setContextMap(context);
        }
    }
}
