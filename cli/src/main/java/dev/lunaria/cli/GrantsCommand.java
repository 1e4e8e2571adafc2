package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.Lun;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria grants}. Main thread. */
@Command(
        name = "grants",
        aliases = "grant",
        description = "Grants: which node may use which LUN.",
        mixinStandardHelpOptions = true)
final class GrantsCommand {
    private static final Table<LunGrant> TABLE =
            new Table<>(
                    List.of(
                            Column.text("NODE", g -> g.grant().getNode()),
                            Column.text("LUN", g -> g.lun().getLun()),
                            Column.text("NAME", g -> g.lun().getName()),
                            Column.text("STATE", g -> Words.constant(g.grant().getState())),
                            Column.text("ACCESS", g -> Words.constant(g.grant().getAccess())),
                            Column.text("EXCLUSIVE", g -> g.grant().getExclusive() ? "yes" : "no"),
                            Column.number("EPOCH", g -> "" + g.grant().getEpoch()),
                            Column.text("KEY", g -> g.grant().getKeyId()),
                            Column.text("POOL", g -> Words.brief(g.lun().getPool())),
                            Column.wide("INITIATOR", g -> g.grant().getInitiatorName())));

    /** A grant and what it is of. */
    private record LunGrant(Lun lun, Grant grant) {
        Map<String, Object> tree() {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("pool", lun.getPool());
            tree.put("lun", lun.getLun());
            tree.put("name", lun.getName());
            tree.putAll(MessageTree.of(grant));
            return tree;
        }
    }

    @Command(
            name = "list",
            description = "Every grant that lives or is being fenced.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin Servers servers,
            @Mixin Output output,
            @Option(names = "--node", paramLabel = "NODE", description = "Only this node's.")
                    @Nullable String node,
            @Option(
                            names = "--lun",
                            paramLabel = "ID",
                            description = "Only those of this LUN: " + Id.HELP)
                    @Nullable Id lun,
            @Option(names = "--key", paramLabel = "KEY", description = "Only those of this key.")
                    @Nullable String key,
            @Option(names = "--all", description = "Also those that were fenced.") boolean all) {
        List<LunGrant> grants =
                servers.ask(admin -> admin.luns("")).stream()
                        .filter(l -> lun == null || lun.names(l.getPool(), l.getLun()))
                        .flatMap(l -> l.getGrantsList().stream().map(g -> new LunGrant(l, g)))
                        .filter(g -> all || g.grant().getState() != Grant.State.REVOKED)
                        .filter(g -> node == null || g.grant().getNode().equals(node))
                        .filter(g -> key == null || g.grant().getKeyId().equals(key))
                        .sorted(
                                Comparator.comparing((LunGrant g) -> g.grant().getNode())
                                        .thenComparing(g -> g.lun().getName())
                                        .thenComparing(g -> g.lun().getLun()))
                        .toList();
        output.list(grants, TABLE, LunGrant::tree);
        return servers.exitCode();
    }
}
