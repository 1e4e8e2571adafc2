package dev.lunaria.registry;

import java.util.List;

/**
 * A kind of document, named as a custom resource is. Immutable; there are exactly the constants
 * below.
 *
 * @param name the kind as documents spell it ("StorageTarget")
 * @param plural the name of its collection ("storagetargets")
 * @param spec the record that holds its spec
 */
public record Kind<S extends Spec>(String name, String plural, Class<S> spec) {

    /** API group of all kinds. */
    public static final String GROUP = "lunaria.dev";

    /** Version of all kinds within their group. */
    public static final String VERSION = "v1alpha1";

    /** What documents spell as their apiVersion. */
    public static final String API_VERSION = GROUP + "/" + VERSION;

    public static final Kind<StorageTarget> STORAGE_TARGET =
            new Kind<>("StorageTarget", "storagetargets", StorageTarget.class);
    public static final Kind<LunariaNode> LUNARIA_NODE =
            new Kind<>("LunariaNode", "lunarianodes", LunariaNode.class);
    public static final Kind<LunariaVolume> LUNARIA_VOLUME =
            new Kind<>("LunariaVolume", "lunariavolumes", LunariaVolume.class);

    /** All kinds. */
    public static final List<Kind<?>> ALL = List.of(STORAGE_TARGET, LUNARIA_NODE, LUNARIA_VOLUME);

    @Override
    public String toString() {
        return name;
    }
}
