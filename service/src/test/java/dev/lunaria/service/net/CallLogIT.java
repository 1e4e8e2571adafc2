package dev.lunaria.service.net;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeStageVolumeResponse;
import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What stands in the log of a call, and what doesn't. */
@Timeout(60)
final class CallLogIT {
    private static final Logger CALLS = (Logger) LoggerFactory.getLogger("dev.lunaria.call");
    private static final Logger SERVICE = (Logger) LoggerFactory.getLogger(CallLogIT.class);

    @TempDir Path folder;

    private static final class Node extends NodeGrpc.NodeImplBase {
        @Override
        public void nodeStageVolume(
                NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> answer) {
            SERVICE.info("working");
            answer.onNext(NodeStageVolumeResponse.getDefaultInstance());
            answer.onCompleted();
        }
    }

    private void stage() {
        var socket = new Endpoint.Unix(folder.resolve("csi.sock"));
        try (GrpcServer server = GrpcServer.on(socket).blockingService(new Node(), 1).start();
                GrpcChannel channel = GrpcChannel.open(socket)) {
            assertThat(server.endpoint()).isEqualTo(socket);
            var answer =
                    NodeGrpc.newBlockingStub(channel.channel())
                            .withDeadlineAfter(10, TimeUnit.SECONDS)
                            .nodeStageVolume(
                                    NodeStageVolumeRequest.newBuilder()
                                            .setVolumeId("pool/lun")
                                            .putSecrets("user", "open sesame")
                                            .putPublishContext("password", "swordfish")
                                            .build());
            assertThat(answer).isNotNull();
        }
    }

    /** democratic-csi#515: CHAP secrets in the log. */
    @Test
    void aCallIsOneLineThatNamesItsVolumeAndNoSecret() {
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        CALLS.addAppender(events);
        SERVICE.addAppender(events);
        try {
            stage();
        } finally {
            CALLS.detachAppender(events);
            SERVICE.detachAppender(events);
        }
        assertThat(events.list).hasSize(2);
        ILoggingEvent working = events.list.getFirst();
        ILoggingEvent call = events.list.getLast();
        assertThat(call.getLevel()).isEqualTo(Level.INFO);
        assertThat(call.getKeyValuePairs())
                .extracting(pair -> pair.key + "=" + pair.value)
                .contains("method=NodeStageVolume", "status=OK");
        assertThat(call.getMDCPropertyMap()).containsEntry("volume", "pool/lun");
        assertThat(working.getMDCPropertyMap()).containsEntry("volume", "pool/lun");
        assertThat(call.getMDCPropertyMap().get("call"))
                .isNotNull()
                .isEqualTo(working.getMDCPropertyMap().get("call"));
        assertThat(events.list.toString() + call.getKeyValuePairs())
                .doesNotContain("sesame", "swordfish");
    }

    /** A node plugin's call to its disk process, a controller's to a target server. */
    @Test
    void aCallForACallHasItsId() {
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        CALLS.addAppender(events);
        var front = new Endpoint.Unix(folder.resolve("front.sock"));
        var back = new Endpoint.Unix(folder.resolve("back.sock"));
        try (GrpcServer behind = GrpcServer.on(back).blockingService(new Node(), 1).start();
                GrpcChannel toBack = GrpcChannel.open(back);
                GrpcServer server =
                        GrpcServer.on(front).blockingService(new Forwarding(toBack), 1).start();
                GrpcChannel channel = GrpcChannel.open(front)) {
            assertThat(behind.endpoint()).isEqualTo(back);
            assertThat(server.endpoint()).isEqualTo(front);
            for (int i = 0; i < 2; i++) {
                NodeGrpc.newBlockingStub(channel.channel())
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .nodeStageVolume(
                                NodeStageVolumeRequest.newBuilder().setVolumeId("p/l").build());
            }
        } finally {
            CALLS.detachAppender(events);
        }
        List<String> ids =
                events.list.stream().map(e -> e.getMDCPropertyMap().get("call")).toList();
        assertThat(ids).hasSize(4).doesNotContainNull();
        assertThat(Set.copyOf(ids)).as("one id a call, in both servers").hasSize(2);
    }

    /** What a caller says is data: it must not forge lines. */
    @Test
    void anIdThatIsNoneIsReplaced() {
        var headers = new Metadata();
        var key = Metadata.Key.of("lunaria-call", Metadata.ASCII_STRING_MARSHALLER);
        headers.put(key, "abc-1");
        assertThat(CallId.of(headers)).isEqualTo("abc-1");
        headers.discardAll(key);
        headers.put(key, "x\" level=\"ERROR");
        assertThat(CallId.of(headers)).matches("[0-9a-z]+-[0-9a-z]+");
        assertThat(CallId.of(new Metadata())).isNotEqualTo(CallId.of(new Metadata()));
    }

    private static final class Forwarding extends NodeGrpc.NodeImplBase {
        private final GrpcChannel to;

        Forwarding(GrpcChannel to) {
            this.to = to;
        }

        @Override
        public void nodeStageVolume(
                NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> answer) {
            answer.onNext(
                    NodeGrpc.newBlockingStub(to.channel())
                            .withDeadlineAfter(10, TimeUnit.SECONDS)
                            .nodeStageVolume(request));
            answer.onCompleted();
        }
    }

    private static JsonNode json(UnaryOperator<LoggingEventBuilder> fields) {
        PrintStream stderr = System.err;
        var bytes = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            LunariaLogging.configure(LogFormat.JSON, LogLevel.INFO);
            fields.apply(SERVICE.atInfo()).log("a line");
        } finally {
            System.setErr(stderr);
            LunariaLogging.configure(LogFormat.TEXT, LogLevel.INFO);
        }
        return JsonMapper.shared().readTree(bytes.toString(StandardCharsets.UTF_8));
    }

    /** So that one search finds all that every program says about a volume. */
    @Test
    void aLineAboutALunSaysItsVolume() {
        String pool = "c34ea3d2-0000-4000-8000-000000000001";
        String lun = "62f2cf8c-0000-4000-8000-000000000002";
        String volume = pool + "/" + lun;
        LunariaLogging.poolOfLun(id -> id.equals(lun) ? pool : null);
        try {
            assertThat(json(line -> line.addKeyValue("lun", lun)).path("volume").asString())
                    .isEqualTo(volume);
            assertThat(
                            json(line -> line.addKeyValue("pool", "p").addKeyValue("lun", "l"))
                                    .path("volume")
                                    .asString())
                    .isEqualTo("p/l");
            assertThat(
                            json(line ->
                                            line.addKeyValue(
                                                    "target",
                                                    "iqn.2026-11.dev.lunaria:" + pool + ":" + lun))
                                    .path("volume")
                                    .asString())
                    .isEqualTo(volume);
            assertThat(json(line -> line.addKeyValue("lun", "gone")).has("volume")).isFalse();
            assertThat(json(line -> line.addKeyValue("target", "iqn.other")).has("volume"))
                    .isFalse();
        } finally {
            LunariaLogging.poolOfLun(_ -> null);
        }
    }

    @Test
    void aNameStandsInALineOnce() {
        PrintStream stderr = System.err;
        var bytes = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            LunariaLogging.configure(LogFormat.JSON, LogLevel.INFO);
            LunariaLogging.node("mybox0");
            MDC.put("volume", "of the thread");
            SERVICE.atInfo().addKeyValue("volume", "of the event").addKeyValue("n", 5).log("x");
        } finally {
            MDC.remove("volume");
            System.setErr(stderr);
            LunariaLogging.configure(LogFormat.TEXT, LogLevel.INFO);
        }
        JsonNode line =
                JsonMapper.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build()
                        .readTree(bytes.toString(StandardCharsets.UTF_8));
        assertThat(line.path("volume").asString()).isEqualTo("of the event");
        assertThat(line.path("node").asString()).isEqualTo("mybox0");
        assertThat(line.path("n").asInt()).isEqualTo(5);
    }

    @Test
    void theLogIsOneJsonObjectALineOrText() {
        PrintStream stderr = System.err;
        var bytes = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            LunariaLogging.configure(LogFormat.JSON, LogLevel.WARN);
            SERVICE.info("not shown");
            SERVICE.atWarn().addKeyValue("volume", "pool/lun").log("shown");
            LunariaLogging.configure(LogFormat.TEXT, LogLevel.INFO);
            SERVICE.atInfo().addKeyValue("volume", "pool/lun").log("text");
        } finally {
            System.setErr(stderr);
            LunariaLogging.configure(LogFormat.TEXT, LogLevel.INFO);
        }
        String[] lines = bytes.toString(StandardCharsets.UTF_8).split("\n", -1);
        JsonNode json = JsonMapper.builder().build().readTree(lines[0]);
        assertThat(json.path("message").asString()).isEqualTo("shown");
        assertThat(json.path("volume").asString()).isEqualTo("pool/lun");
        assertThat(json.path("level").asString()).isEqualTo("WARN");
        assertThat(lines[1]).contains("INFO", "text", "volume=\"pool/lun\"");
    }
}
