package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Snapshot;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lunaria snapshots}. Main thread. */
@Command(
        name = "snapshots",
        aliases = "snapshot",
        description = "Snapshots.",
        mixinStandardHelpOptions = true)
final class SnapshotsCommand {
    private static final Table<Snapshot> TABLE =
            new Table<>(
                    List.of(
                            Column.text("SNAPSHOT", Snapshot::getSnapshot),
                            Column.text("NAME", Snapshot::getName),
                            Column.text("OF LUN", Snapshot::getLun),
                            Column.text("TAKEN", s -> Words.time(s.getTaken())),
                            Column.text("STATE", s -> Words.constant(s.getState())),
                            Column.number("SIZE", s -> Words.bytes(s.getSizeBytes())),
                            Column.number("ON DISK", s -> Words.bytes(s.getAllocatedBytes())),
                            Column.text("POOL", s -> Words.brief(s.getPool())),
                            Column.wide("FORMAT", s -> Words.format(s.getFormat())),
                            Column.wide("TO COPY", s -> Words.bytes(s.getRemainingBytes())),
                            Column.wide("GROUP", Snapshot::getGroup)));

    @Command(
            name = "list",
            description = "Every snapshot: of what, when, whether it is ready.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin Servers servers,
            @Mixin Output output,
            @Option(
                            names = "--lun",
                            paramLabel = "ID",
                            description = "Only those of this LUN: " + Id.HELP)
                    @Nullable Id lun) {
        List<Snapshot> snapshots =
                servers.ask(admin -> admin.snapshots("", "")).stream()
                        .filter(s -> lun == null || lun.names(s.getPool(), s.getLun()))
                        .sorted(
                                Comparator.comparingLong((Snapshot s) -> s.getTaken().getSeconds())
                                        .thenComparing(Snapshot::getSnapshot))
                        .toList();
        output.list(snapshots, TABLE, MessageTree::of);
        return servers.exitCode();
    }

    @Command(
            name = "show",
            description = "Everything about one snapshot.",
            mixinStandardHelpOptions = true)
    int show(
            @Mixin Servers servers,
            @Mixin Output output,
            @Parameters(
                            paramLabel = "ID",
                            description =
                                    "<pool>/<snapshot>, the UUID alone, or its first 4 digits or more.")
                    Id id) {
        output.show(
                id.only(
                        "snapshot",
                        servers.ask(admin ->
                                id.isWhole()
                                        ? admin.snapshot(id.pool(), id.object()).stream().toList()
                                        : admin.snapshots("", "").stream()
                                                .filter(s -> id.names(s.getPool(), s.getSnapshot()))
                                                .toList()),
                        servers.exitCode()));
        return servers.exitCode();
    }
}
