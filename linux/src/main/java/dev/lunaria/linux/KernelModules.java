package dev.lunaria.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Loads kernel modules from a host's root as modprobe(8) would: with what they depend on, by
 * modules.dep(5). Immutable; any thread. Bounded by the modules that there are.
 */
public final class KernelModules {
    private static final Path RELEASE = Path.of("/proc/sys/kernel/osrelease");
    private static final int MODULE_INIT_COMPRESSED_FILE = 4;
    private static final List<String> COMPRESSED = List.of(".xz", ".zst", ".gz");

    private static final MethodHandle FINIT_MODULE =
            Native.variadic(
                    "syscall",
                    1,
                    Native.LONG,
                    Native.LONG,
                    Native.LONG,
                    Native.POINTER,
                    Native.LONG);

    private final Path folder;
    private final Map<String, List<String>> dependencies;
    private final List<String> builtIn;

    private KernelModules(
            Path folder, Map<String, List<String>> dependencies, List<String> builtIn) {
        this.folder = folder;
        this.dependencies = dependencies;
        this.builtIn = builtIn;
    }

    /**
     * The modules of the kernel that runs.
     *
     * @param hostRoot where the host's root is
     * @throws IOException where there is no folder of modules for this kernel; names it
     */
    public static KernelModules of(Path hostRoot) throws IOException {
        String release = Files.readString(RELEASE).strip();
        return at(hostRoot.resolve("lib/modules").resolve(release));
    }

    /** As {@link #of}, from a folder with {@code modules.dep}. */
    static KernelModules at(Path folder) throws IOException {
        Path list = folder.resolve("modules.dep");
        if (!Files.isReadable(list)) {
            throw new IOException("no kernel modules found: " + list + " is missing");
        }
        return read(folder);
    }

    /**
     * Whether a kernel has a module, built in or to be loaded; lists that aren't there name none.
     *
     * @param folder its modules', {@code lib/modules/RELEASE} of a host
     */
    public static boolean has(Path folder, String module) throws IOException {
        KernelModules modules = read(folder);
        String wanted = canonical(module);
        return modules.builtIn.contains(wanted)
                || modules.dependencies.keySet().stream()
                        .anyMatch(file -> name(file).equals(wanted));
    }

    private static KernelModules read(Path folder) throws IOException {
        Map<String, List<String>> dependencies = new LinkedHashMap<>();
        for (String line : lines(folder.resolve("modules.dep"))) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String rest = line.substring(colon + 1).strip();
                dependencies.put(
                        line.substring(0, colon),
                        rest.isEmpty() ? List.of() : List.of(rest.split("\\s+", -1)));
            }
        }
        List<String> names =
                lines(folder.resolve("modules.builtin")).stream().map(KernelModules::name).toList();
        return new KernelModules(folder, Map.copyOf(dependencies), names);
    }

    private static List<String> lines(Path list) throws IOException {
        return Files.isReadable(list) ? Files.readAllLines(list) : List.of();
    }

    /**
     * Loads a module and what it needs; nothing where it is there already.
     *
     * @throws IOException where there is none of this name, or the kernel refuses it; names it
     */
    public void load(String module) throws IOException {
        for (Path file : filesOf(module)) {
            insert(file);
        }
    }

    /**
     * The files to load for a module, in order; none where it is part of the kernel.
     *
     * @throws IOException where there is none of this name
     */
    List<Path> filesOf(String module) throws IOException {
        String wanted = canonical(module);
        for (Map.Entry<String, List<String>> entry : dependencies.entrySet()) {
            if (name(entry.getKey()).equals(wanted)) {
                // Nearest first in the list: what depends on nothing is at its end.
                return Stream.concat(
                                entry.getValue().reversed().stream(), Stream.of(entry.getKey()))
                        .map(folder::resolve)
                        .toList();
            }
        }
        if (builtIn.contains(wanted)) {
            return List.of();
        }
        throw new IOException(
                "the kernel module %s is missing: it is neither in %s nor built into the kernel"
                        .formatted(module, folder.resolve("modules.dep")));
    }

    private static void insert(Path file) throws IOException {
        boolean compressed = COMPRESSED.stream().anyMatch(file.toString()::endsWith);
        try (Descriptor opened = FileIo.open(file, OpenFlags.O_RDONLY, 0);
                Arena arena = Arena.ofConfined()) {
            MemorySegment parameters = arena.allocateFrom("");
            long flags = compressed ? MODULE_INIT_COMPRESSED_FILE : 0;
            Native.check(
                    "finit_module",
                    file.toString(),
                    state ->
                            (int)
                                    (long)
                                            FINIT_MODULE.invokeExact(
                                                    state,
                                                    number(Architecture.current()),
                                                    (long) opened.number(),
                                                    parameters,
                                                    flags));
        } catch (LinuxException e) {
            if (e.is(Errno.EEXIST)) {
                return;
            }
            if (compressed && (e.is(Errno.EINVAL) || e.is(Errno.EOPNOTSUPP))) {
                throw new IOException(
                        ("%s is compressed and this kernel can't unpack it: load the module on the"
                                        + " host, for instance by /etc/modules-load.d")
                                .formatted(file),
                        e);
            }
            throw e;
        }
    }

    private static long number(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> 313;
            case AARCH64 -> 273;
        };
    }

    /** A module's name by its file's: the kernel takes - and _ for the same. */
    private static String name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        int end = file.indexOf(".ko");
        return canonical(end < 0 ? file : file.substring(0, end));
    }

    private static String canonical(String module) {
        return module.replace('-', '_');
    }

    /** Whether the kernel knows a module by now; those built into it may have no trace there. */
    public static boolean isLoaded(String module) {
        return Files.isDirectory(Path.of("/sys/module", canonical(module)));
    }
}
