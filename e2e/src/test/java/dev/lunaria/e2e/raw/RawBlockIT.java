package dev.lunaria.e2e.raw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode;
import dev.lunaria.proto.csi.v1.VolumeCapability.MountVolume;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** volumeMode Block over all programs, on two hosts. */
class RawBlockIT {
    private static final long SIZE = 64L << 20;
    private static final int BLOCK = 64 << 10;
    private static final int ALIGNMENT = 4096;
    private static final int ROUNDS = 20;

    private static InstallationUnderTest underTest;
    private static Orchestrator orchestrator;
    private static NodeHost first;
    private static NodeHost second;

    @BeforeAll
    static void install() throws Exception {
        underTest = InstallationUnderTest.start("raw-it");
        Installation installation = underTest.installation();
        orchestrator = new Orchestrator(installation);
        first = installation.addHost("mybox0");
        second = installation.addHost("mybox1");
        for (NodeHost host : new NodeHost[] {first, second}) {
            assertThat(orchestrator.nodeId(host)).isEqualTo(host.name());
        }
    }

    @AfterAll
    static void remove() throws Exception {
        if (underTest != null) {
            underTest.remove();
        }
    }

    private static Orchestrator raw(AccessMode.Mode mode) {
        return orchestrator.using(
                Orchestrator.RAW_ON_ALL_NODES.toBuilder()
                        .setAccessMode(AccessMode.newBuilder().setMode(mode))
                        .build());
    }

    private static Path start(Orchestrator calls, Volume volume, NodeHost host, String pod)
            throws IOException {
        Map<String, String> context = calls.controllerPublish(volume, host);
        calls.stage(volume, host, context);
        return calls.publish(volume, host, context, pod);
    }

    private static void stop(Orchestrator calls, Volume volume, NodeHost host, String pod) {
        calls.unpublish(volume, host, pod);
        calls.unstage(volume, host);
        calls.controllerUnpublish(volume, host);
    }

    private static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(BLOCK + ALIGNMENT).alignedSlice(ALIGNMENT).limit(BLOCK);
    }

    private static ByteBuffer pattern(long seed) {
        var random = new SplittableRandom(seed);
        ByteBuffer buffer = buffer();
        while (buffer.hasRemaining()) {
            buffer.putLong(random.nextLong());
        }
        return buffer.flip();
    }

    private static void write(Path device, long offset, ByteBuffer bytes) throws IOException {
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_DIRECT;
        try (Descriptor open = Descriptor.open(device, flags, 0)) {
            FileIo.writeFully(open, bytes.duplicate(), offset, 0);
        }
    }

    private static ByteBuffer read(Path device, long offset) throws IOException {
        ByteBuffer bytes = buffer();
        int flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECT;
        try (Descriptor open = Descriptor.open(device, flags, 0)) {
            assertThat(FileIo.readFully(open, bytes, offset)).isEqualTo(BLOCK);
        }
        return bytes.flip();
    }

    private static void assertFails(Status.Code code, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                            assertThat(e.getMessage()).contains(message);
                            assertThat(e.getStatus().getCode()).isEqualTo(code);
                        });
    }

    /** Nothing is cached on either side: what one has written the other reads, again and again. */
    @Test
    void two_nodes_read_past_their_caches_what_the_other_wrote() throws Exception {
        Orchestrator calls = raw(AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
        Volume volume = calls.create("shared", SIZE);
        Path mine = start(calls, volume, first, "shared");
        Path theirs = start(calls, volume, second, "shared");
        for (long round = 0; round < ROUNDS; round++) {
            write(mine, 0, pattern(round));
            assertThat(read(theirs, 0)).isEqualTo(pattern(round));
            write(theirs, 0, pattern(-1 - round));
            assertThat(read(mine, 0)).isEqualTo(pattern(-1 - round));
        }
        stop(calls, volume, first, "shared");
        write(theirs, BLOCK, pattern(7));
        stop(calls, volume, second, "shared");

        Path again = start(calls, volume, first, "shared");
        assertThat(read(again, BLOCK)).isEqualTo(pattern(7));
        stop(calls, volume, first, "shared");
        calls.delete(volume);
    }

    /** ReadOnlyMany: both nodes read, neither can write. */
    @Test
    void a_disk_that_is_only_read_refuses_writes_on_every_node() throws Exception {
        Orchestrator writing = raw(AccessMode.Mode.SINGLE_NODE_WRITER);
        Volume volume = writing.create("read-by-many", SIZE);
        write(start(writing, volume, first, "writer"), 0, pattern(1));
        stop(writing, volume, first, "writer");

        Orchestrator reading = raw(AccessMode.Mode.MULTI_NODE_READER_ONLY);
        for (NodeHost host : new NodeHost[] {first, second}) {
            Path device = start(reading, volume, host, "reader");
            assertThat(read(device, 0)).isEqualTo(pattern(1));
            assertThatThrownBy(() -> write(device, 0, pattern(2)))
                    .isInstanceOf(LinuxException.class);
        }
        for (NodeHost host : new NodeHost[] {first, second}) {
            stop(reading, volume, host, "reader");
        }
        reading.delete(volume);
    }

    /** ReadWriteOncePod. */
    @Test
    void a_second_pod_of_a_disk_for_one_is_refused() throws Exception {
        Orchestrator calls = raw(AccessMode.Mode.SINGLE_NODE_SINGLE_WRITER);
        Volume volume = calls.create("of-one-pod", SIZE);
        Map<String, String> context = calls.controllerPublish(volume, first);
        calls.stage(volume, first, context);
        var _ = calls.publish(volume, first, context, "one");
        assertFails(
                Status.Code.FAILED_PRECONDITION,
                "allows one path",
                () -> calls.publish(volume, first, context, "other"));
        assertFails(
                Status.Code.FAILED_PRECONDITION,
                first.name(),
                () -> calls.controllerPublish(volume, second));
        stop(calls, volume, first, "one");
        calls.delete(volume);
    }

    /** synology#99: a node refuses it too, whatever a controller may have let pass. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void a_filesystem_for_several_writers_is_refused_at_the_node(String filesystem)
            throws Exception {
        Orchestrator calls = raw(AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
        Volume volume = calls.create("no-" + filesystem, SIZE);
        Map<String, String> context = calls.controllerPublish(volume, first);
        Orchestrator mounting =
                orchestrator.using(
                        VolumeCapability.newBuilder()
                                .setMount(MountVolume.newBuilder().setFsType(filesystem))
                                .setAccessMode(calls.capability().getAccessMode())
                                .build());
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "volumeMode Block",
                () -> mounting.stage(volume, first, context));
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "volumeMode Block",
                () -> mounting.publish(volume, first, context, "pod"));
        calls.controllerUnpublish(volume, first);
        calls.delete(volume);
    }
}
