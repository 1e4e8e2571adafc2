package dev.lunaria.cli;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A message of the admin API as maps, lists, texts and numbers, named as in JSON. Stateless.
 *
 * <p>Not protobuf's own JSON form, which writes 64-bit numbers as texts and leaves out what is
 * zero: scripts want numbers, and every field in its place.
 */
final class MessageTree {
    private MessageTree() {}

    /** All fields, in the order of the .proto; messages that are absent are left out. */
    static Map<String, Object> of(Message message) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.isRepeated()) {
                List<?> values = (List<?>) message.getField(field);
                tree.put(field.getJsonName(), values.stream().map(MessageTree::value).toList());
            } else if (!field.hasPresence() || message.hasField(field)) {
                tree.put(field.getJsonName(), value(message.getField(field)));
            }
        }
        return tree;
    }

    private static Object value(Object value) {
        return switch (value) {
            case Timestamp time ->
                    Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString();
            case Message message -> of(message);
            case EnumValueDescriptor constant -> constant.getName();
            default -> value;
        };
    }
}
