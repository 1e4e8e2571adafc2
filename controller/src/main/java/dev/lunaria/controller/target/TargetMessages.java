package dev.lunaria.controller.target;

import static dev.lunaria.controller.volume.Failure.Reason.FAULT;

import dev.lunaria.controller.volume.Content;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.RangePage;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeSource;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.LunLimits;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.Snapshot;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What target servers answer, as the domain's records. No state. */
final class TargetMessages {

    private TargetMessages() {}

    static Lun lun(dev.lunaria.proto.target.v1.Lun lun) {
        UUID pool = uuid(lun.getPool());
        return new Lun(
                uuid(lun.getLun()),
                lun.getName(),
                lun.getSizeBytes(),
                lun.getClusterId(),
                lun.getTargetName(),
                lun.getGrantsList().stream().map(TargetMessages::grant).toList(),
                source(pool, lun.getSource()),
                content(lun),
                lun.getRemainingBytes(),
                new Limits(
                        lun.getLimits().getOperationsPerSecond(),
                        lun.getLimits().getBytesPerSecond()),
                new Lun.Trouble(lun.getDamageList(), lun.getNodesWithLostWritesList()),
                lun.getFormat().getState() == FormatState.State.BLANK);
    }

    private static Optional<VolumeSource> source(UUID pool, LunSource source) {
        return switch (source.getSourceCase()) {
            case LUN ->
                    Optional.of(
                            new VolumeSource.OfVolume(new VolumeId(pool, uuid(source.getLun()))));
            case SNAPSHOT ->
                    Optional.of(
                            new VolumeSource.OfSnapshot(
                                    new SnapshotId(pool, uuid(source.getSnapshot()))));
            case SOURCE_NOT_SET -> Optional.empty();
        };
    }

    static LunSource source(VolumeSource source) {
        return switch (source) {
            case VolumeSource.OfVolume(VolumeId volume) ->
                    LunSource.newBuilder().setLun(volume.lun().toString()).build();
            case VolumeSource.OfSnapshot(SnapshotId snapshot) ->
                    LunSource.newBuilder().setSnapshot(snapshot.snapshot().toString()).build();
        };
    }

    static LunLimits limits(Limits limits) {
        return LunLimits.newBuilder()
                .setOperationsPerSecond(limits.operationsPerSecond())
                .setBytesPerSecond(limits.bytesPerSecond())
                .build();
    }

    /** A server that doesn't say so makes no copies: whatever it has is whole. */
    private static Content content(dev.lunaria.proto.target.v1.Lun lun) {
        return switch (lun.getContent()) {
            case READY, CONTENT_UNSPECIFIED -> Content.READY;
            case COPYING -> Content.COPYING;
            case FAILED -> Content.FAILED;
            case UNRECOGNIZED -> throw unknown("a LUN's content", lun.getContentValue());
        };
    }

    static TargetSnapshot snapshot(Snapshot snapshot) {
        UUID pool = uuid(snapshot.getPool());
        return new TargetSnapshot(
                new SnapshotId(pool, uuid(snapshot.getSnapshot())),
                new VolumeId(pool, uuid(snapshot.getLun())),
                snapshot.getName(),
                snapshot.getClusterId(),
                snapshot.getSizeBytes(),
                Instant.ofEpochSecond(
                        snapshot.getTaken().getSeconds(), snapshot.getTaken().getNanos()),
                content(snapshot),
                snapshot.getRemainingBytes(),
                snapshot.getGroup().isEmpty()
                        ? Optional.empty()
                        : Optional.of(uuid(snapshot.getGroup())));
    }

    private static Content content(Snapshot snapshot) {
        return switch (snapshot.getState()) {
            case READY -> Content.READY;
            case COPYING -> Content.COPYING;
            case FAILED -> Content.FAILED;
            case STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw unknown("a snapshot's state", snapshot.getStateValue());
        };
    }

    static RangePage ranges(ListRangesResponse page) {
        return new RangePage(
                page.getRangesList().stream()
                        .map(range -> new RangePage.Range(range.getOffset(), range.getLength()))
                        .toList(),
                page.getNextOffset(),
                page.getSizeBytes());
    }

    static Grant grant(dev.lunaria.proto.target.v1.Grant grant) {
        return new Grant(
                grant.getNode(),
                grant.getEpoch(),
                state(grant),
                grant.getExclusive(),
                grant.getKeyId(),
                grant.getFenced());
    }

    private static Grant.State state(dev.lunaria.proto.target.v1.Grant grant) {
        return switch (grant.getState()) {
            case ACTIVE -> Grant.State.ACTIVE;
            case REVOKING -> Grant.State.REVOKING;
            case REVOKED -> Grant.State.REVOKED;
            case STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw unknown("a grant's state", grant.getStateValue());
        };
    }

    private static Failure unknown(String what, int number) {
        return new Failure(
                FAULT,
                "the target server answered %d for %s, which this controller doesn't know; upgrade the controller"
                        .formatted(number, what));
    }

    private static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new Failure(FAULT, "the target server answered \"" + text + "\" for a UUID", e);
        }
    }
}
