package dev.lunaria.service.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import net.logstash.logback.encoder.LogstashEncoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Logging to stderr, one event a line.
 *
 * <p>Logback finds this class as its {@link Configurator} and so needs no XML; it starts with text
 * at INFO. {@link #configure} then sets what the program's flags say; called by the main thread,
 * once.
 */
public final class LunariaLogging extends ContextAwareBase implements Configurator {
    private static final String PATTERN =
            "%d{HH:mm:ss.SSS} %-5level %logger{0} [%thread] %msg %kvp{DOUBLE} %mdc%n%ex";

    /** For Logback. */
    public LunariaLogging() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        set(context, LogFormat.TEXT, LogLevel.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Sets form and level of the whole process's log. */
    public static void configure(LogFormat format, LogLevel level) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            set(context, format, level);
        }
    }

    /** Sets the level alone; any thread. */
    public static void level(LogLevel level) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
                    .setLevel(Level.toLevel(level.name()));
        }
    }

    /**
     * Has lines that name a LUN alone say its volume too.
     *
     * @param pools gives the pool of a LUN, null where it isn't known; from memory
     */
    public static void poolOfLun(PoolOfLun pools) {
        EventFields.poolOfLun(pools);
    }

    /** Knows in which pool a LUN is. */
    @FunctionalInterface
    public interface PoolOfLun {
        @Nullable String pool(String lun);
    }

    /** Every line of this process says that it is of this node, unless it says another. */
    public static void node(String name) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.putProperty(CallContext.NODE, name);
        }
    }

    private static void set(LoggerContext context, LogFormat format, LogLevel level) {
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context, format));
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(Level.toLevel(level.name()));
        // Their INFO says nothing that an administrator could act on.
        Level libraries =
                root.getLevel().isGreaterOrEqual(Level.WARN) ? root.getLevel() : Level.WARN;
        context.getLogger("io.netty").setLevel(libraries);
        context.getLogger("io.grpc").setLevel(libraries);
        context.getLogger("io.fabric8").setLevel(libraries);
        // It warns that our own kinds are alpha.
        context.getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
                .setLevel(Level.ERROR);
        // grpc-java sets SO_KEEPALIVE on Unix sockets too, and Netty warns for each.
        context.getLogger("io.netty.bootstrap").setLevel(Level.ERROR);
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext context, LogFormat format) {
        return switch (format) {
            case JSON -> {
                var json = new LogstashEncoder();
                json.setContext(context);
                json.setVersion(null);
                json.setIncludeContext(false);
                json.setIncludeMdc(false);
                json.setIncludeKeyValuePairs(false);
                json.addProvider(new EventFields());
                json.getFieldNames().setVersion("[ignore]");
                json.getFieldNames().setLevelValue("[ignore]");
                json.start();
                yield json;
            }
            case TEXT -> {
                var text = new PatternLayoutEncoder();
                text.setContext(context);
                text.setPattern(PATTERN);
                text.start();
                yield text;
            }
        };
    }
}
