package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Server;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lunaria servers}. Main thread. */
@Command(
        name = "servers",
        aliases = "server",
        description = "Target servers.",
        mixinStandardHelpOptions = true)
final class ServersCommand {
    private static final Table<Answer> TABLE =
            new Table<>(
                    List.of(
                            Column.text("ENDPOINT", Answer::endpoint),
                            Column.text("VERSION", a -> a.server().getVersion()),
                            Column.text("PORTALS", Answer::portals),
                            Column.number("POOLS", a -> "" + a.server().getPoolsCount()),
                            Column.text("READY SINCE", a -> Words.time(a.server().getStarted())),
                            Column.wide("BOOT ID", a -> a.server().getBootId()),
                            Column.wide(
                                    "POOL IDS", a -> String.join(",", a.server().getPoolsList()))));

    /** What a server said. */
    private record Answer(String endpoint, Server server) {
        String portals() {
            return server.getPortalsList().stream()
                    .map(portal -> portal.getAddress() + ":" + portal.getPort())
                    .collect(Collectors.joining(","));
        }

        Map<String, Object> tree() {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("endpoint", endpoint);
            tree.putAll(MessageTree.of(server));
            return tree;
        }
    }

    @Command(
            name = "list",
            description = "Every server: version, portals, pools.",
            mixinStandardHelpOptions = true)
    int list(@Mixin Servers servers, @Mixin Output output) {
        List<Answer> answers =
                servers.ask(
                        admin -> List.of(new Answer(admin.endpoint().toString(), admin.server())));
        output.list(answers, TABLE, Answer::tree);
        return servers.exitCode();
    }
}
