package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.proto.target.v1.Pool;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lunaria pools}. Main thread. */
@Command(name = "pools", aliases = "pool", description = "Pools.", mixinStandardHelpOptions = true)
final class PoolsCommand {
    private static final Table<Pool> TABLE =
            new Table<>(
                    List.of(
                            Column.text("POOL", Pool::getPool),
                            Column.text("CLUSTER", Pool::getClusterId),
                            Column.number("SIZE", pool -> Words.bytes(pool.getTotalBytes())),
                            Column.number("FREE", pool -> Words.bytes(pool.getFreeBytes())),
                            Column.number(
                                    "PROVISIONED", pool -> Words.bytes(pool.getProvisionedBytes())),
                            Column.number("LUNS", pool -> "" + pool.getLuns())));

    @Command(
            name = "list",
            description = "Every pool: size, what is free beyond the reserve, what is provisioned.",
            mixinStandardHelpOptions = true)
    int list(@Mixin Servers servers, @Mixin Output output) {
        output.list(servers.ask(AdminServer::pools), TABLE, MessageTree::of);
        return servers.exitCode();
    }
}
