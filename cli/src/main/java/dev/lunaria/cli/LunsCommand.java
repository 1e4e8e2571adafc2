package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.Lun;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lunaria luns}. Main thread. */
@Command(name = "luns", aliases = "lun", description = "LUNs.", mixinStandardHelpOptions = true)
final class LunsCommand {
    private static final Table<Lun> TABLE =
            new Table<>(
                    List.of(
                            Column.text("LUN", Lun::getLun),
                            Column.text("NAME", Lun::getName),
                            Column.number("SIZE", lun -> Words.bytes(lun.getSizeBytes())),
                            Column.number("ON DISK", lun -> Words.bytes(lun.getAllocatedBytes())),
                            Column.text("FORMAT", lun -> Words.format(lun.getFormat())),
                            Column.text("GRANTED TO", LunsCommand::grantedTo),
                            Column.text("POOL", lun -> Words.brief(lun.getPool())),
                            Column.wide("CONTENT", lun -> Words.constant(lun.getContent())),
                            Column.wide("CREATED", lun -> Words.time(lun.getCreated())),
                            Column.wide("TARGET NAME", Lun::getTargetName)));

    @Command(
            name = "list",
            description = "Every LUN: size, format state, who may use it.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin Servers servers,
            @Mixin Output output,
            @Option(
                            names = "--pool",
                            paramLabel = "POOL",
                            description = Id.POOL_HELP,
                            defaultValue = "")
                    String pool) {
        List<Lun> luns =
                servers.ask(admin -> admin.luns("")).stream()
                        .filter(lun -> Id.isOf(pool, lun.getPool()))
                        .sorted(Comparator.comparing(Lun::getName).thenComparing(Lun::getLun))
                        .toList();
        output.list(luns, TABLE, MessageTree::of);
        return servers.exitCode();
    }

    @Command(
            name = "show",
            description = "Everything about one LUN.",
            mixinStandardHelpOptions = true)
    int show(
            @Mixin Servers servers,
            @Mixin Output output,
            @Parameters(paramLabel = "ID", description = Id.HELP) Id id) {
        output.show(find(servers, id));
        return servers.exitCode();
    }

    /**
     * The one LUN that an id names.
     *
     * @throws AdminException where there is none, or more than one
     */
    static Lun find(Servers servers, Id id) {
        return id.only(
                "LUN",
                servers.ask(admin ->
                        id.isWhole()
                                ? admin.lun(id.pool(), id.object()).stream().toList()
                                : admin.luns("").stream()
                                        .filter(lun -> id.names(lun.getPool(), lun.getLun()))
                                        .toList()),
                servers.exitCode());
    }

    private static String grantedTo(Lun lun) {
        return lun.getGrantsList().stream()
                .filter(grant -> grant.getState() != Grant.State.REVOKED)
                .map(grant ->
                        grant.getState() == Grant.State.REVOKING
                                ? grant.getNode() + " (being fenced)"
                                : grant.getNode())
                .collect(Collectors.joining(","));
    }
}
