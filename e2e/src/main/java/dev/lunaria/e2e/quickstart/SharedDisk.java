package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * One raw disk on both hosts at once, each reading past its page cache what the other wrote; and
 * the refusal to do that with ext4. Used by one thread.
 */
final class SharedDisk implements Play.Chapter {
    private static final int BYTES = 1 << 20;
    private static final int ALIGNMENT = 4096;
    private static final String POD = "shared";

    private final Play play;
    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    SharedDisk(Play play) {
        this.play = play.using(Orchestrator.RAW_ON_ALL_NODES);
    }

    @Override
    public String title() {
        return "A raw disk is shared by both hosts (volumeMode Block, ReadWriteMany)";
    }

    @Override
    public void play() throws Exception {
        Volume disk =
                play.report()
                        .make(
                                "CreateVolume",
                                () -> {
                                    Volume made = play.orchestrator().create("pvc-shared", GIB);
                                    return new Made<>(made, made.getVolumeId() + ", 1 GiB, raw");
                                });
        play.use(disk, play.mybox0(), POD);
        play.use(disk, play.mybox1(), POD);
        play.report().step("each reads what the other wrote", this::exchange);
        play.letGoAndDelete(disk, Map.of(play.mybox0(), POD, play.mybox1(), POD));
        play.report().step("CreateVolume, ext4 on both", this::refused);
    }

    private String exchange() throws IOException {
        ByteBuffer ofMybox0 = write(play.mybox0(), 0);
        ByteBuffer ofMybox1 = write(play.mybox1(), BYTES);
        check(read(play.mybox1(), 0).equals(ofMybox0), "mybox1 reads other bytes than mybox0's");
        check(
                read(play.mybox0(), BYTES).equals(ofMybox1),
                "mybox0 reads other bytes than mybox1's");
        return "1 MiB each way, with O_DIRECT";
    }

    private ByteBuffer write(NodeHost host, long offset) throws IOException {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        ByteBuffer buffer = buffer().put(bytes).flip();
        try (Descriptor disk = open(host, OpenFlags.O_WRONLY)) {
            FileIo.writeFully(disk, buffer.duplicate(), offset, 0);
        }
        return buffer;
    }

    private ByteBuffer read(NodeHost host, long offset) throws IOException {
        ByteBuffer buffer = buffer();
        try (Descriptor disk = open(host, OpenFlags.O_RDONLY)) {
            int count = FileIo.readFully(disk, buffer, offset);
            check(count == BYTES, "a read ended after " + count + " bytes");
        }
        return buffer.flip();
    }

    private Descriptor open(NodeHost host, int access) throws IOException {
        return Descriptor.open(play.pod(host, POD), access | OpenFlags.O_DIRECT, 0);
    }

    private static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(BYTES + ALIGNMENT).alignedSlice(ALIGNMENT).limit(BYTES);
    }

    private String refused() {
        try {
            Volume made =
                    play.orchestrator()
                            .using(Orchestrator.EXT4_ON_ALL_NODES)
                            .create("pvc-impossible", GIB);
            throw new CheckFailedException("ext4 was given to several nodes: " + made);
        } catch (StatusRuntimeException e) {
            return "refused: " + e.getStatus().getCode() + ", " + e.getStatus().getDescription();
        }
    }
}
