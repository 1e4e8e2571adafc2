package dev.lunaria.e2e.quickstart;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A volume as the target server sees it: what its admin API says, and the sparse file itself.
 * Immutable.
 */
public final class LunView {
    // ext4: the superblock begins at byte 1024, its UUID 104 bytes further on.
    private static final long EXT4_UUID = 1024 + 104;
    private static final long XFS_UUID = 32;

    private final Installation installation;
    private final String pool;
    private final String lun;

    /** The volume, in the pool of that installation. */
    public LunView(Installation installation, Volume volume) {
        this.installation = installation;
        String[] parts = volume.getVolumeId().split("/", 2);
        this.pool = parts[0];
        this.lun = parts[1];
    }

    /** What the admin API says now. */
    public Lun read() {
        return LunsGrpc.newBlockingStub(installation.admin().channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getLun(GetLunRequest.newBuilder().setPool(pool).setLun(lun).build());
    }

    /** The sparse file. */
    public Path file() {
        return installation.layout().pool().resolve("luns").resolve(lun).resolve("data");
    }

    /**
     * UUID of the filesystem that is on it.
     *
     * @param filesystem ext4 or xfs
     */
    public UUID filesystemUuid(String filesystem) throws IOException {
        long at =
                switch (filesystem) {
                    case "ext4" -> EXT4_UUID;
                    case "xfs" -> XFS_UUID;
                    default -> throw new IllegalArgumentException(filesystem);
                };
        ByteBuffer uuid = ByteBuffer.allocate(16);
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ)) {
            channel.read(uuid, at);
        }
        uuid.flip();
        return new UUID(uuid.getLong(), uuid.getLong());
    }
}
