package dev.lunaria.cli;

import dev.lunaria.cli.Table.Column;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lunaria volumes}. Main thread. */
@Command(
        name = "volumes",
        aliases = "volume",
        description = "Volumes as the registry has placed them.",
        mixinStandardHelpOptions = true)
final class VolumesCommand {
    private static final Table<Document<LunariaVolume>> TABLE =
            new Table<>(
                    List.of(
                            Column.text("NAME", Document::name),
                            Column.text("POOL", volume -> volume.spec().pool().toString()),
                            Column.text("LUN", volume -> volume.spec().lun().toString()),
                            Column.number("SIZE", v -> Words.bytes(v.spec().sizeBytes())),
                            Column.text("DELETING", v -> v.spec().deleting() ? "yes" : "no")));

    @Command(
            name = "list",
            description = "Every volume of the registry: its pool and LUN.",
            mixinStandardHelpOptions = true)
    int list(@Mixin Servers servers, @Mixin Output output) {
        List<Document<LunariaVolume>> volumes =
                servers.registry(registry -> registry.list(Kind.LUNARIA_VOLUME));
        output.list(volumes, TABLE, VolumesCommand::tree);
        return servers.exitCode();
    }

    private static Map<String, Object> tree(Document<LunariaVolume> volume) {
        LunariaVolume spec = volume.spec();
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", volume.name());
        tree.put("pool", spec.pool().toString());
        tree.put("lun", spec.lun().toString());
        tree.put("sizeBytes", spec.sizeBytes());
        tree.put("parameters", spec.parameters());
        tree.put("deleting", spec.deleting());
        return tree;
    }
}
