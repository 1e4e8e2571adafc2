package dev.lunaria.service.secret;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The installation's keys, from which every CHAP secret is derived, by key id. Immutable.
 *
 * <p>Read from a folder: one file a key, named after the key's id, holding at least {@link
 * #MIN_KEY_BYTES} bytes as hexadecimal digits or Base64. The file {@value #CURRENT} holds the id of
 * the key that new grants use; with a single key it may be missing. While keys rotate the older one
 * stays beside it; at most {@link #MAX_KEYS}. No file may be open to group or others, but for one
 * of another owner that this process can read by its group alone: so Kubernetes mounts a Secret for
 * a program that isn't root's. Files whose names begin with a dot are passed over.
 */
public final class InstallationKeys {
    /** Shortest key, in bytes. */
    public static final int MIN_KEY_BYTES = 32;

    /** Keys at a time. */
    public static final int MAX_KEYS = 8;

    /** What a key's id may be. */
    public static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    /** The same in words. */
    public static final String ID_WORDS = "1 to 32 of a-z, 0-9 and -";

    private static final String CURRENT = "current";
    private static final Pattern HEX = Pattern.compile("(?:[0-9a-fA-F]{2})+");

    /** Belongs to this process's effective user. */
    private static final Path SELF = Path.of("/proc/self");

    private static final Set<PosixFilePermission> OPEN =
            PosixFilePermissions.fromString("---rwxrwx");

    private final Map<String, Secret> keys;
    private final String currentId;

    private InstallationKeys(Map<String, Secret> keys, String currentId) {
        this.keys = Map.copyOf(keys);
        this.currentId = currentId;
    }

    /** Keys from memory; for tests and tools. */
    public static InstallationKeys of(Map<String, Secret> keys, String currentId) {
        if (!keys.containsKey(currentId)) {
            throw new IllegalArgumentException("no key of the id " + currentId);
        }
        return new InstallationKeys(keys, currentId);
    }

    /**
     * Reads the keys of a folder.
     *
     * @throws StartupException where there is none, one is too short or open to others
     */
    public static InstallationKeys read(Path folder) {
        var keys = new TreeMap<String, Secret>();
        Optional<String> current = Optional.empty();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith(".") || Files.isDirectory(file)) {
                    continue;
                }
                if (name.equals(CURRENT)) {
                    current = Optional.of(Files.readString(file).strip());
                    continue;
                }
                keys.put(checkedId(name), readKey(file));
            }
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read the key folder " + folder + ": " + StartupException.reason(e), e);
        }
        if (keys.isEmpty() || keys.size() > MAX_KEYS) {
            throw new StartupException(
                    "the key folder %s holds %d keys; it must hold 1 to %d"
                            .formatted(folder, keys.size(), MAX_KEYS));
        }
        if (current.isEmpty() && keys.size() > 1) {
            throw new StartupException(
                    "the key folder %s holds %d keys and no file '%s' that names the one to use"
                            .formatted(folder, keys.size(), CURRENT));
        }
        String id = current.orElse(keys.firstKey());
        if (!keys.containsKey(id)) {
            throw new StartupException(
                    "the file '%s' in %s names a key that isn't there".formatted(CURRENT, folder));
        }
        return new InstallationKeys(keys, id);
    }

    /**
     * Makes a new random key in a folder and marks it current; older keys stay. Durable on return.
     *
     * @param folder made with mode 0700 where it isn't there
     * @param id lower-case letters, digits and hyphens, at most 32
     * @throws StartupException where the id is taken or not possible, or the folder isn't writable
     */
    public static void create(Path folder, String id) {
        checkedId(id);
        byte[] key = new byte[MIN_KEY_BYTES];
        new SecureRandom().nextBytes(key);
        try {
            Path parent = folder.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            if (!Files.isDirectory(folder)) {
                Files.createDirectory(
                        folder,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            if (Files.exists(folder.resolve(id))) {
                throw new StartupException("there is a key '" + id + "' in " + folder + " already");
            }
            writeDurably(folder, id, HexFormat.of().formatHex(key));
            writeDurably(folder, CURRENT, id);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot write a key into " + folder + ": " + StartupException.reason(e), e);
        }
    }

    /** The id of the key that new grants use. */
    public String currentId() {
        return currentId;
    }

    /** The key of an id, where there is one. */
    public Optional<Secret> key(String id) {
        return Optional.ofNullable(keys.get(id));
    }

    private static String checkedId(String id) {
        if (!ID.matcher(id).matches() || id.equals(CURRENT)) {
            throw new StartupException(
                    "'"
                            + id
                            + "' can't be a key's id: it must be "
                            + ID_WORDS
                            + ", not '"
                            + CURRENT
                            + "'");
        }
        return id;
    }

    private static Secret readKey(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (isOpen(mode, owner(file).equals(owner(SELF)))) {
            throw new StartupException(
                    "the key file %s is open to group or others (%s); chmod 600 it"
                            .formatted(file, PosixFilePermissions.toString(mode)));
        }
        String text = Files.readString(file).strip();
        byte[] key;
        try {
            key =
                    HEX.matcher(text).matches()
                            ? HexFormat.of().parseHex(text)
                            : Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            // Without the cause: its message could quote the key.
            throw new StartupException(
                    "the key file " + file + " is neither hexadecimal nor Base64");
        }
        if (key.length < MIN_KEY_BYTES) {
            throw new StartupException(
                    "the key file %s holds %d bytes; at least %d are needed"
                            .formatted(file, key.length, MIN_KEY_BYTES));
        }
        return Secret.of(key);
    }

    private static Object owner(Path file) throws IOException {
        return Files.getAttribute(file, "unix:uid");
    }

    /** Whether more may read or change a key's file than need to. */
    static boolean isOpen(Set<PosixFilePermission> mode, boolean own) {
        return mode.stream()
                .filter(one -> own || one != PosixFilePermission.GROUP_READ)
                .anyMatch(OPEN::contains);
    }

    private static void writeDurably(Path folder, String name, String content) throws IOException {
        Path temporary = folder.resolve("." + name + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(temporary, content + "\n", StandardOpenOption.SYNC);
        Files.move(
                temporary,
                folder.resolve(name),
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
                entry.force(true);
            }
        }
    }

    @Override
    public String toString() {
        return "InstallationKeys" + List.copyOf(new TreeMap<>(keys).keySet());
    }
}
