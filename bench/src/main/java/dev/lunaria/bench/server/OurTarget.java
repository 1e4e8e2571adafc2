package dev.lunaria.bench.server;

import dev.lunaria.bench.load.LoadAddress;
import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.LoneTarget;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.Lun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A {@code lunaria-target run} with one pool, one LUN and one grant. */
public final class OurTarget implements MeasuredServer {
    private static final String NODE = "bench";

    private final String name;
    private final LoneTarget target;
    private final int port;
    private final GrantedLun lun;

    private OurTarget(String name, LoneTarget target, int port, GrantedLun lun) {
        this.name = name;
        this.target = target;
        this.port = port;
        this.lun = lun;
    }

    /**
     * Starts one.
     *
     * @param name for people
     * @param root an empty folder, on the filesystem that is measured
     * @param port of its portal on 127.0.0.1
     * @param bytes of its LUN
     */
    public static OurTarget start(
            String name, Distribution distribution, Path root, int port, long bytes)
            throws IOException, InterruptedException {
        LoneTarget target = LoneTarget.start(distribution, root, port);
        try {
            return new OurTarget(name, target, port, addLun(target, bytes));
        } catch (RuntimeException e) {
            target.kill();
            throw e;
        }
    }

    /** Makes another LUN of that many bytes, and grants it. */
    public GrantedLun addLun(long bytes) {
        return addLun(target, bytes);
    }

    private static GrantedLun addLun(LoneTarget target, long bytes) {
        String forward = secret();
        String back = secret();
        Lun lun = target.createLun("bench", bytes);
        target.grant(
                lun, new LoneTarget.Grantee(NODE, INITIATOR, 1, Access.READ_WRITE, forward, back));
        return new GrantedLun(lun.getPool(), lun.getLun(), lun.getTargetName(), forward, back);
    }

    private static String secret() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LoadAddress address() {
        return new LoadAddress(
                portal(),
                INITIATOR,
                lun.targetName(),
                0,
                Optional.of(new ChapCredential(INITIATOR, ChapSecret.of(lun.initiatorSecret()))),
                Optional.of(
                        new ChapCredential(lun.targetName(), ChapSecret.of(lun.targetSecret()))));
    }

    /** Where it listens. */
    public Portal portal() {
        return new Portal("127.0.0.1", port);
    }

    /** The LUN that it began with. */
    public GrantedLun lun() {
        return lun;
    }

    @Override
    public String url() {
        return "iscsi://127.0.0.1:%d/%s/0".formatted(port, lun.targetName());
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "LIBISCSI_CHAP_USERNAME",
                INITIATOR,
                "LIBISCSI_CHAP_PASSWORD",
                lun.initiatorSecret());
    }

    @Override
    public ProcessUse process() {
        return new ProcessUse(target.pid());
    }

    @Override
    public void close() throws IOException {
        target.close();
    }
}
