package dev.lunaria.node.volume;

import java.util.List;

/** How a volume is used on this node. */
public sealed interface Usage {
    /**
     * With a filesystem.
     *
     * @param filesystem its name
     * @param options mount flags as they were asked for
     */
    record Mount(String filesystem, List<String> options) implements Usage {
        public Mount {
            options = List.copyOf(options);
        }
    }

    /** As a raw block device. */
    record Block() implements Usage {}
}
