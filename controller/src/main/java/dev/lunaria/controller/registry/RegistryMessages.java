package dev.lunaria.controller.registry;

import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.Target;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;

/** The registry's documents as node plugins get them. No state. */
final class RegistryMessages {

    private RegistryMessages() {}

    static Node node(Document<LunariaNode> node) {
        return Node.newBuilder()
                .setName(node.name())
                .addAllAddresses(node.spec().addresses())
                .setClusterId(node.spec().clusterId())
                .setInitiatorName(node.spec().initiatorName())
                .build();
    }

    static Target target(StorageTarget target) {
        return Target.newBuilder()
                .setPool(target.pool().toString())
                .addAllPortals(target.portals())
                .build();
    }
}
