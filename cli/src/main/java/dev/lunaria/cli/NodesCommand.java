package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.registry.ClusterMember;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lunaria nodes}. Main thread. */
@Command(
        name = "nodes",
        aliases = "node",
        description = "Nodes as they have registered.",
        mixinStandardHelpOptions = true)
final class NodesCommand {
    private static final Table<Document<LunariaNode>> TABLE =
            new Table<>(
                    List.of(
                            Column.text("NODE", Document::name),
                            Column.text("CLUSTER", node -> node.spec().clusterId()),
                            Column.text(
                                    "ADDRESSES", node -> String.join(",", node.spec().addresses())),
                            Column.text("MEMBER", NodesCommand::member),
                            Column.wide("INITIATOR", node -> node.spec().initiatorName())));

    @Command(
            name = "list",
            description =
                    "Every node of the registry: addresses, number for shared filesystems, initiator name.",
            mixinStandardHelpOptions = true)
    int list(@Mixin Servers servers, @Mixin Output output) {
        List<Document<LunariaNode>> nodes =
                servers.registry(registry -> registry.list(Kind.LUNARIA_NODE));
        output.list(nodes, TABLE, NodesCommand::tree);
        return servers.exitCode();
    }

    private static Map<String, Object> tree(Document<LunariaNode> node) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", node.name());
        tree.put("clusterId", node.spec().clusterId());
        tree.put("addresses", node.spec().addresses());
        tree.put("initiatorName", node.spec().initiatorName());
        tree.put("member", node.spec().member());
        return tree;
    }

    private static String member(Document<LunariaNode> node) {
        ClusterMember member = node.spec().member();
        if (member == null) {
            return "-";
        }
        return switch (member.state()) {
            case CLAIMED -> "-";
            case MEMBER -> String.valueOf(member.number());
            case LEFT -> member.number() + " (left)";
        };
    }
}
