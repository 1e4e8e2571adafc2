package dev.lunaria.service.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.logstash.logback.composite.AbstractJsonProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import tools.jackson.core.JsonGenerator;

/**
 * The fields of a line that its program chose: those of the whole process, of the thread's work,
 * and of the event, of which the last counts. One name stands in a line once; a line about a LUN
 * has the id of its volume. Any thread.
 */
final class EventFields extends AbstractJsonProvider<ILoggingEvent> {
    private static final String LUN = "lun";
    private static final String POOL = "pool";
    private static final String TARGET = "target";
    private static final Pattern TARGET_NAME = Pattern.compile(":([0-9a-f-]{36}):([0-9a-f-]{36})$");
    private static volatile LunariaLogging.PoolOfLun pools = _ -> null;

    static void poolOfLun(LunariaLogging.PoolOfLun known) {
        pools = known;
    }

    @Override
    public void writeTo(JsonGenerator json, ILoggingEvent event) {
        of(event)
                .forEach((name, value) -> {
                    switch (value) {
                        case Number number -> json.writePOJOProperty(name, number);
                        case Boolean flag -> json.writeBooleanProperty(name, flag);
                        default -> json.writeStringProperty(name, String.valueOf(value));
                    }
                });
    }

    /** Names and values, each name once. */
    static Map<String, Object> of(ILoggingEvent event) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.putAll(event.getLoggerContextVO().getPropertyMap());
        fields.putAll(event.getMDCPropertyMap());
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        for (KeyValuePair pair : pairs == null ? Collections.<KeyValuePair>emptyList() : pairs) {
            fields.put(pair.key, pair.value);
        }
        if (!fields.containsKey(CallContext.VOLUME)) {
            String volume = volume(fields);
            if (volume != null) {
                fields.put(CallContext.VOLUME, volume);
            }
        }
        return fields;
    }

    /** The volume that a line means by a LUN, or by the target name that ends with pool and LUN. */
    private static @Nullable String volume(Map<String, Object> fields) {
        Object lun = fields.get(LUN);
        if (lun != null) {
            Object pool = fields.get(POOL);
            String of = pool == null ? pools.pool(lun.toString()) : pool.toString();
            return of == null ? null : of + "/" + lun;
        }
        Object target = fields.get(TARGET);
        Matcher name = TARGET_NAME.matcher(target == null ? "" : target.toString());
        return name.find() ? name.group(1) + "/" + name.group(2) : null;
    }
}
