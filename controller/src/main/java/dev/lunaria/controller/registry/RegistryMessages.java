package dev.lunaria.controller.registry;

import dev.lunaria.proto.registry.v1.Member;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.Target;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;
import java.util.Optional;

/** The registry's documents as node plugins get them. No state. */
final class RegistryMessages {

    private RegistryMessages() {}

    static Node node(Document<LunariaNode> node) {
        Node.Builder message =
                Node.newBuilder()
                        .setName(node.name())
                        .addAllAddresses(node.spec().addresses())
                        .setClusterId(node.spec().clusterId())
                        .setInitiatorName(node.spec().initiatorName());
        ClusterMember member = node.spec().member();
        if (member != null) {
            member(member).ifPresent(message::setMember);
        }
        return message.build();
    }

    /** Nobody hears of a number that may still turn out to be another's. */
    private static Optional<Member> member(ClusterMember member) {
        return switch (member.state()) {
            case CLAIMED -> Optional.empty();
            case MEMBER, LEFT ->
                    Optional.of(
                            Member.newBuilder()
                                    .setNumber(member.number())
                                    .setAddress(member.address())
                                    .setLeft(member.state() == ClusterMember.State.LEFT)
                                    .build());
        };
    }

    static Target target(StorageTarget target) {
        return Target.newBuilder()
                .setPool(target.pool().toString())
                .addAllPortals(target.portals())
                .build();
    }
}
