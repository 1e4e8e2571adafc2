package dev.lunaria.node.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * cluster.conf(5), as o2cb's tools read it: written for people and tools that look there, as the
 * kernel and the tools that this program runs read configfs. No state.
 */
final class ClusterConf {
    /** Where all tools look. */
    static final Path FILE = Path.of("/etc/ocfs2/cluster.conf");

    /** By this line a file is known as ours: an administrator's is left alone. */
    private static final String OURS = "# Written by Lunaria, and again at each change.\n";

    private ClusterConf() {}

    /** The file's text. Lines of a stanza begin with a tab. */
    static String text(String cluster, Collection<Member> members) {
        List<Member> sorted =
                members.stream().sorted(Comparator.comparingInt(Member::number)).toList();
        var text = new StringBuilder(OURS);
        text.append("cluster:\n\tnode_count = %d\n\tname = %s\n".formatted(sorted.size(), cluster));
        for (Member member : sorted) {
            text.append(
                    "\nnode:\n\tip_port = %d\n\tip_address = %s\n\tnumber = %d\n\tname = %s\n\tcluster = %s\n"
                            .formatted(
                                    Member.PORT,
                                    member.address(),
                                    member.number(),
                                    member.entry(),
                                    cluster));
        }
        return text.toString();
    }

    /** Writes it, where it isn't there or is ours and other; says whether it is as it is to be. */
    static boolean write(Path file, String text) throws IOException {
        try {
            String there = Files.readString(file);
            if (there.equals(text)) {
                return true;
            }
            if (!there.startsWith(OURS)) {
                return false;
            }
        } catch (NoSuchFileException none) {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
        }
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(beside, text);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }
}
