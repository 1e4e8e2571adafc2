package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.CommandResult;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.SessionControl;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.target.UnitMeters.Pair;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each command is counted once, whatever becomes of it. */
final class MeteredDeviceTest {
    private static final Pair PAIR = new Pair("pool/lun", "mybox0");

    private final UnitMeters meters = new UnitMeters(InstantSource.system());

    /** Answers at once with what it is given. */
    private record Answering(CommandResult result) implements DeviceServer {
        @Override
        public Admission admit(ScsiCommand command) {
            return new Admission.Refused(result);
        }

        @Override
        public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
            completion.complete(result);
        }

        @Override
        public void begin(SessionControl session) {}

        @Override
        public void manage(UnitFunction function, Runnable done) {
            done.run();
        }

        @Override
        public void nexusLost() {}
    }

    private static CommandResult good(int bytes) {
        return new CommandResult(
                ScsiStatus.GOOD.code(),
                Pdu.NO_DATA,
                new Payload.Bytes(ByteBuffer.allocate(bytes)),
                () -> {});
    }

    private static CommandResult failed(boolean descriptor) {
        return new CommandResult(
                ScsiStatus.CHECK_CONDITION.code(),
                SenseData.of(SenseKey.MEDIUM_ERROR, AdditionalSense.WRITE_ERROR).encode(descriptor),
                new Payload.Bytes(Pdu.NO_DATA),
                () -> {});
    }

    private static ScsiCommand command(int operationCode) {
        ByteBuffer cdb = ByteBuffer.allocate(16).put(0, (byte) operationCode);
        return new ScsiCommand(
                false,
                true,
                false,
                false,
                TaskAttribute.SIMPLE,
                0,
                1,
                0,
                1,
                1,
                cdb,
                0,
                Pdu.NO_DATA);
    }

    private String scrapeAfter(DeviceServer device, Consumer<MeteredDevice> work)
            throws IOException {
        var metrics = new Metrics();
        metrics.operations(
                "t",
                List.of("volume", "node"),
                "sense",
                () -> {
                    var meter = meters.all(_ -> true).get(PAIR);
                    return meter == null
                            ? Map.of()
                            : Map.of(UnitMeters.labels(PAIR), meter.operations());
                });
        work.accept(new MeteredDevice(device, meters, PAIR));
        var out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(out, metrics.registry().scrape());
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void readsAndWritesAreCountedWithTheirBytes() throws IOException {
        String scraped =
                scrapeAfter(
                        new Answering(good(4096)),
                        device -> device.execute(command(0x28), Pdu.NO_DATA, _ -> {}));
        assertThat(scraped)
                .contains(
                        "t_operation_seconds_count{node=\"mybox0\",operation=\"read\",volume=\"pool/lun\"} 1")
                .contains(
                        "t_transferred_bytes_total{node=\"mybox0\",operation=\"read\",volume=\"pool/lun\"} 4096.0")
                .contains("t_operations_in_flight{node=\"mybox0\",volume=\"pool/lun\"} 0.0");
        String written =
                scrapeAfter(
                        new Answering(good(0)),
                        device -> device.execute(command(0x8a), ByteBuffer.allocate(512), _ -> {}));
        assertThat(written)
                .contains(
                        "t_transferred_bytes_total{node=\"mybox0\",operation=\"write\",volume=\"pool/lun\"} 512.0");
    }

    /** SPC-4 §4.5.2 and §4.5.3: the key is elsewhere in each. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void failuresAreCountedBySenseKeyInBothFormats(boolean descriptor) throws IOException {
        assertThat(
                        scrapeAfter(
                                new Answering(failed(descriptor)),
                                device -> {
                                    device.execute(command(0x2a), Pdu.NO_DATA, _ -> {});
                                    device.admit(command(0x2a));
                                }))
                .contains(
                        "t_errors_total{node=\"mybox0\",sense=\"medium_error\",volume=\"pool/lun\"} 2.0");
    }

    @Test
    void aStatusWithoutSenseDataIsCountedByItsName() {
        assertThat(
                        MeteredDevice.reason(
                                new CommandResult(
                                        ScsiStatus.BUSY.code(),
                                        Pdu.NO_DATA,
                                        new Payload.Bytes(Pdu.NO_DATA),
                                        () -> {})))
                .isEqualTo("busy");
    }

    @Test
    void aCommandThatThrowsIsNotInFlightForEver() throws IOException {
        DeviceServer throwing =
                new DeviceServer() {
                    @Override
                    public Admission admit(ScsiCommand command) {
                        return new Admission.Accepted(0);
                    }

                    @Override
                    public void execute(
                            ScsiCommand command, ByteBuffer dataOut, Completion completion) {
                        throw new IllegalStateException("a bug");
                    }

                    @Override
                    public void begin(SessionControl session) {}

                    @Override
                    public void manage(UnitFunction function, Runnable done) {}

                    @Override
                    public void nexusLost() {}
                };
        assertThat(
                        scrapeAfter(
                                throwing,
                                device ->
                                        assertThatThrownBy(() ->
                                                        device.execute(
                                                                command(0x28),
                                                                Pdu.NO_DATA,
                                                                _ -> {}))
                                                .hasMessage("a bug")))
                .contains("t_operations_in_flight{node=\"mybox0\",volume=\"pool/lun\"} 0.0");
    }
}
