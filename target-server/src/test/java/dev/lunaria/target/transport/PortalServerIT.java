package dev.lunaria.target.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.AsyncMessage;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The portal over real sockets, with a logical unit on a real file. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class PortalServerIT {
    private static final String NODE = "iqn.2026-11.dev.lunaria:node";
    private static final PortalSettings SETTINGS =
            new PortalSettings(2, 12, Duration.ofMillis(500), Duration.ofSeconds(30), 4 << 20);

    @TempDir Path folder;
    private FileTarget target;
    private byte[] contents;

    @BeforeEach
    void start() throws IOException {
        target = new FileTarget(folder.resolve("lun"), 16 << 20, SETTINGS, 0);
        contents = new byte[4 << 20];
        new Random(1).nextBytes(contents);
        Arrays.fill(contents, 0, 512, (byte) 0);
        Files.write(folder.resolve("lun"), contents, StandardOpenOption.WRITE);
    }

    @AfterEach
    void stop() throws IOException {
        target.close();
    }

    private WireClient loggedIn(long isid, Digests digests) throws Exception {
        WireClient client = new WireClient(target.port());
        LoginResponse response = client.logIn(NODE, isid, digests);
        assertThat(response.statusClass()).isZero();
        // The unit attention that every new nexus has.
        client.send(client.testUnitReady());
        client.receive(ScsiResponse.class);
        return client;
    }

    private static byte[] readAll(WireClient client, int lba, int blocks) throws Exception {
        client.send(client.read(lba, blocks));
        ByteBuffer got = ByteBuffer.allocate(blocks * 512);
        while (true) {
            DataIn in = client.receive(DataIn.class);
            assertThat(in.bufferOffset()).isEqualTo(got.position());
            got.put(((Payload.Bytes) in.payload()).buffer());
            if (in.withStatus()) {
                assertThat(got.hasRemaining()).isFalse();
                return got.array();
            }
        }
    }

    private byte[] expected(int lba, int blocks) {
        return Arrays.copyOfRange(contents, lba * 512, (lba + blocks) * 512);
    }

    @Test
    void readsAreTheFilesBytesHoweverTheyGoOut() throws Exception {
        for (Digests digests :
                new Digests[] {
                    Digests.NONE, new Digests(true, false), new Digests(true, true),
                }) {
            try (WireClient client = loggedIn(1, digests)) {
                for (int blocks : new int[] {1, 8, 63, 64, 65, 256, 1000, 2048}) {
                    assertThat(readAll(client, 7, blocks)).isEqualTo(expected(7, blocks));
                }
            }
        }
    }

    @Test
    void whatIsWrittenIsInTheFile() throws Exception {
        try (WireClient client = loggedIn(1, new Digests(true, true))) {
            byte[] data = new byte[4096];
            new Random(2).nextBytes(data);
            client.send(client.write(100, ByteBuffer.wrap(data)));
            assertThat(client.receive(ScsiResponse.class).status()).isZero();
            assertThat(readAll(client, 100, 8)).isEqualTo(data);
        }
        assertThat(target.directory.end(s -> true)).succeedsWithin(Duration.ofSeconds(5));
        byte[] file = Files.readAllBytes(folder.resolve("lun"));
        assertThat(Arrays.copyOfRange(file, 51200, 51200 + 4096)).isNotEqualTo(expected(100, 8));
    }

    /** A slow reader holds up nobody, and gets everything in the end. */
    @Test
    void aReaderThatLetsItsAnswersLieIsServedWhenItReads() throws Exception {
        try (WireClient slow = loggedIn(1, Digests.NONE);
                WireClient other = loggedIn(2, Digests.NONE)) {
            for (int i = 0; i < 64; i++) {
                slow.send(slow.read(0, 2048));
            }
            assertThat(readAll(other, 5, 8)).isEqualTo(expected(5, 8));
            int answers = 0;
            while (answers < 64) {
                answers += slow.receive(DataIn.class).withStatus() ? 1 : 0;
            }
        }
    }

    @Test
    void aSessionIsReinstatedAcrossEventLoops() throws Exception {
        try (WireClient first = loggedIn(1, Digests.NONE);
                WireClient second = loggedIn(1, Digests.NONE)) {
            assertCutOff(first);
            assertThat(readAll(second, 0, 1)).isEqualTo(expected(0, 1));
            assertThat(target.directory.sessions()).hasSize(1);
        }
    }

    /** Whoever comes last has the nexus; nobody hangs, and nothing of the others stays. */
    @Test
    void manyWhoReinstateEachOtherAtOnceLeaveOneSession() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(this::logInTwentyTimes);
            }
            int logins = 0;
            for (Future<Integer> done : threads.invokeAll(clients)) {
                logins += done.get();
            }
            assertThat(logins).isPositive();
        }
        assertThat(target.directory.end(session -> true)).succeedsWithin(Duration.ofSeconds(5));
        assertThat(target.directory.sessions()).isEmpty();
        try (WireClient last = loggedIn(1, Digests.NONE)) {
            assertThat(readAll(last, 0, 8)).isEqualTo(expected(0, 8));
        }
    }

    private int logInTwentyTimes() throws Exception {
        int logins = 0;
        for (int i = 0; i < 20; i++) {
            try (WireClient client = new WireClient(target.port())) {
                client.send(client.login(NODE, 1, Digests.NONE));
                TargetPdu answer = client.receive();
                if (answer instanceof LoginResponse response) {
                    assertThat(response.statusClass()).isZero();
                    logins++;
                    client.send(client.read(0, 64));
                    answer = client.receive();
                }
            } catch (SocketException reset) {
                // Another one came while this one was about to send.
            }
        }
        return logins;
    }

    @Test
    void aFenceEndsTheSessionAndTheNextLoginIsRefused() throws Exception {
        try (WireClient client = loggedIn(1, Digests.NONE)) {
            target.granted = false;
            assertThat(
                            target.directory.end(
                                    session -> session.nexus().initiatorName().equals(NODE)))
                    .succeedsWithin(Duration.ofSeconds(5));
            assertCutOff(client);
        }
        try (WireClient again = new WireClient(target.port())) {
            LoginResponse response = again.logIn(NODE, 1, Digests.NONE);
            assertThat(response.statusClass()).isEqualTo(2);
            assertThat(response.statusDetail()).isEqualTo(2);
        }
    }

    private static void assertCutOff(WireClient client) throws Exception {
        try {
            assertThat(client.receive()).isNull();
        } catch (SocketException reset) {
            // So it should be: what was queued is not sent any more.
        }
    }

    /** Queued reads are ranges of the file: who got them later would see what is written later. */
    @Test
    void afterTheFenceNothingIsSentToTheFencedNode() throws Exception {
        try (WireClient slow = loggedIn(1, Digests.NONE)) {
            for (int i = 0; i < 64; i++) {
                slow.send(slow.read(0, 2048));
            }
            slow.receive(DataIn.class);
            target.granted = false;
            assertThat(target.directory.end(session -> true))
                    .succeedsWithin(Duration.ofSeconds(10));
            assertThat(target.server.connections()).isZero();
        }
    }

    /** The fence's promise: a writer that ran during it has left no newer stamp once it is done. */
    @Test
    void nothingIsWrittenAfterTheFence() throws Exception {
        try (WireClient writer = loggedIn(1, Digests.NONE);
                ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> writing =
                    threads.submit(() -> {
                        for (long stamp = 1; ; stamp++) {
                            ByteBuffer block = ByteBuffer.allocate(512).putLong(0, stamp);
                            writer.send(writer.write(0, block));
                            if (stamp > 16 && !(writer.receive() instanceof ScsiResponse)) {
                                return stamp;
                            }
                        }
                    });
            await(() -> stamp() > 100);
            target.granted = false;
            assertThat(target.directory.end(session -> true))
                    .succeedsWithin(Duration.ofSeconds(10));
            long stamp = stamp();
            assertThat(stamp).isGreaterThan(100);
            try {
                writing.get(10, TimeUnit.SECONDS);
            } catch (ExecutionException closed) {
                assertThat(closed).hasCauseInstanceOf(IOException.class);
            }
            target.server.stop(Duration.ofSeconds(5));
            assertThat(stamp()).isEqualTo(stamp);
        }
    }

    private long stamp() throws IOException {
        try (FileChannel file = FileChannel.open(folder.resolve("lun"))) {
            ByteBuffer block = ByteBuffer.allocate(8);
            file.read(block, 0);
            return block.getLong(0);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void bytesThatAreNoPduEndTheirConnectionAlone() throws Exception {
        try (WireClient good = loggedIn(1, Digests.NONE)) {
            for (int seed = 0; seed < 10; seed++) {
                try (WireClient bad = new WireClient(target.port())) {
                    byte[] garbage = new byte[300];
                    new Random(seed).nextBytes(garbage);
                    bad.send(garbage);
                    TargetPdu answer;
                    do {
                        answer = bad.receive();
                    } while (answer != null);
                }
            }
            assertThat(readAll(good, 0, 8)).isEqualTo(expected(0, 8));
        }
    }

    @Test
    void whoDoesNotLogInInTimeIsClosed() throws Exception {
        try (WireClient idle = new WireClient(target.port())) {
            assertThat(idle.receive()).isNull();
        }
    }

    @Test
    void oneConnectionTooManyIsClosedAtOnce() throws Exception {
        List<WireClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < SETTINGS.maxConnections(); i++) {
                clients.add(loggedIn(i, Digests.NONE));
            }
            try (WireClient tooMany = new WireClient(target.port())) {
                assertThat(tooMany.receive()).isNull();
            }
            for (WireClient client : clients) {
                client.send(new NopOut(true, 0, 99, -1, client.cmdSn, 0, Pdu.NO_DATA));
                client.receive(NopIn.class);
            }
        } finally {
            for (WireClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void stoppingTellsInitiatorsAndDrains() throws Exception {
        try (WireClient client = loggedIn(1, Digests.NONE)) {
            assertThat(target.server.stop(Duration.ofSeconds(5))).isTrue();
            assertThat(client.receive(AsyncMessage.class).event()).isEqualTo(3);
            assertThat(client.receive()).isNull();
        }
    }
}
