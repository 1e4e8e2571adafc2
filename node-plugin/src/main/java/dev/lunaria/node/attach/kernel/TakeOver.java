package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.SessionSettings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over what an earlier process left in the kernel. A session that has no disk yet, or no
 * record, is ended: nothing can be using it, or nobody knows whose it is. Sessions of others are
 * left alone. Main thread, once.
 */
final class TakeOver {
    private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

    private final KernelSession.Surroundings with;
    private final SessionRecords records;
    private final Logins logins;

    TakeOver(KernelSession.Surroundings with, SessionRecords records, Logins logins) {
        this.with = with;
        this.records = records;
        this.logins = logins;
    }

    /**
     * Does it.
     *
     * @param disks where those go that are taken over
     */
    void run(Map<String, KernelDisk> disks) throws IOException {
        List<SessionTree.Found> found = with.tree().sessions();
        for (SessionRecord record : records.list()) {
            Optional<SessionTree.Found> its =
                    found.stream().filter(session -> isOf(session, record)).findFirst();
            if (its.isPresent()) {
                adopt(record, its.get(), disks);
            } else {
                records.delete(record.volumeId());
            }
        }
        for (SessionTree.Found session : found) {
            if (isOurs(session) && !isKnown(session, disks)) {
                end(session);
            }
        }
    }

    private void adopt(SessionRecord record, SessionTree.Found found, Map<String, KernelDisk> disks)
            throws IOException {
        SessionSettings known = logins.of(record, Optional.empty());
        KernelSession session =
                KernelSession.adopt(
                        with,
                        known,
                        () -> logins.again(record),
                        SessionNames.of(record.epoch()),
                        found.numbers());
        var disk = new KernelDisk(record, session, with.tree());
        if (!disk.isThere()) {
            session.end("it had no disk yet when its process ended");
            records.delete(record.volumeId());
            return;
        }
        disks.put(record.volumeId(), disk);
        log.atInfo()
                .addKeyValue("volume", record.volumeId())
                .addKeyValue("epoch", Long.toUnsignedString(record.epoch()))
                .addKeyValue("device", disk.path())
                .log("taken over");
    }

    private static boolean isOf(SessionTree.Found session, SessionRecord record) {
        return session.target().equals(record.targetName())
                && session.initiator().equals(record.initiatorName())
                && session.interfaceName().equals(SessionNames.of(record.epoch()));
    }

    /** By its name; one that was killed before it got a name has no target either. */
    private static boolean isOurs(SessionTree.Found session) {
        boolean unnamed =
                session.target().isEmpty()
                        && session.interfaceName().isEmpty()
                        && session.creator().equals("-1");
        return unnamed || SessionNames.epoch(session.interfaceName()).isPresent();
    }

    private static boolean isKnown(SessionTree.Found session, Map<String, KernelDisk> disks) {
        return disks.values().stream()
                .anyMatch(disk -> disk.session().numbers().equals(session.numbers()));
    }

    private void end(SessionTree.Found session) throws IOException {
        log.atInfo()
                .addKeyValue("session", session.numbers().session())
                .addKeyValue("target", session.target())
                .log("a session of an earlier process that no record knows is ended");
        with.initiator().destroy(session.numbers().session());
    }
}
