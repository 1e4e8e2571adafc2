package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Session;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria sessions}. Main thread. */
@Command(
        name = "sessions",
        aliases = "session",
        description = "iSCSI sessions: who is logged in.",
        mixinStandardHelpOptions = true)
final class SessionsCommand {
    private static final Table<Session> TABLE =
            new Table<>(
                    List.of(
                            Column.text("NODE", Session::getNode),
                            Column.text("LUN", Session::getLun),
                            Column.text("PEER", Session::getPeer),
                            Column.text("SINCE", s -> Words.time(s.getSince())),
                            Column.number("IN FLIGHT", s -> "" + s.getCommandsInFlight()),
                            Column.number("EPOCH", s -> "" + s.getEpoch()),
                            Column.text("POOL", s -> Words.brief(s.getPool())),
                            Column.wide("ISID", Session::getIsid),
                            Column.wide("TSIH", s -> "" + s.getTsih()),
                            Column.wide("PORTAL GROUP", s -> "" + s.getGroupTag()),
                            Column.wide("INITIATOR", Session::getInitiatorName)));

    @Command(
            name = "list",
            description = "Every session: node, LUN, since when, commands in flight.",
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
                    @Nullable Id lun) {
        List<Session> sessions =
                servers.ask(AdminServer::sessions).stream()
                        .filter(s -> node == null || s.getNode().equals(node))
                        .filter(s -> lun == null || lun.names(s.getPool(), s.getLun()))
                        .sorted(
                                Comparator.comparing(Session::getNode)
                                        .thenComparing(Session::getLun)
                                        .thenComparingInt(Session::getTsih))
                        .toList();
        output.list(sessions, TABLE, MessageTree::of);
        return servers.exitCode();
    }
}
