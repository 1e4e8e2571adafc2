package dev.lunaria.target.admin;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.ImportLunRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.LunLimits;
import dev.lunaria.target.catalog.LunSource;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.SnapshotFacts;
import java.io.IOException;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The catalog's records as the API's messages. No secret ever goes out. Stateless: any thread. */
final class Messages {

    /** Names of filesystems, as VPD page C0h holds them. */
    private static final Pattern FILESYSTEM = Pattern.compile("[a-z0-9]{0,16}");

    private Messages() {}

    /**
     * A LUN.
     *
     * @param remainingBytes what is still to be copied into it
     * @param bootId the machine's boot id now
     */
    static Lun lun(Pool pool, CatalogLun lun, long remainingBytes, String bootId)
            throws IOException {
        LunFacts facts = lun.facts();
        Lun.Builder message =
                Lun.newBuilder()
                        .setPool(pool.id())
                        .setLun(facts.id())
                        .setName(facts.name())
                        .setSizeBytes(facts.sizeBytes())
                        .setClusterId(facts.clusterId())
                        .setTargetName(pool.targetName(lun).toString())
                        .setLogicalBlockBytes(facts.logicalBlockBytes())
                        .setAllocatedBytes(pool.allocatedBytes(lun))
                        .setFormat(format(lun.format()))
                        .setCreated(timestamp(facts.created()))
                        .setContent(content(lun.content()))
                        .setRemainingBytes(remainingBytes)
                        .setLimits(limits(facts.limits()))
                        .addAllDamage(lun.damage())
                        .addAllNodesWithLostWrites(lun.nodesWithLostWrites(bootId));
        switch (facts.source()) {
            case LunSource.OfLun source -> message.getSourceBuilder().setLun(source.lun());
            case LunSource.OfSnapshot source ->
                    message.getSourceBuilder().setSnapshot(source.snapshot());
            case LunSource.OfImage _ -> {
                // Said to be absent: it is no object of this API.
            }
            case null -> {
                // It began blank.
            }
        }
        lun.grants().values().forEach(grant -> message.addGrants(grant(grant)));
        return message.build();
    }

    static LunLimits limits(dev.lunaria.proto.target.v1.LunLimits limits) {
        return new LunLimits(limits.getOperationsPerSecond(), limits.getBytesPerSecond());
    }

    private static dev.lunaria.proto.target.v1.LunLimits limits(LunLimits limits) {
        return dev.lunaria.proto.target.v1.LunLimits.newBuilder()
                .setOperationsPerSecond(limits.operationsPerSecond())
                .setBytesPerSecond(limits.bytesPerSecond())
                .build();
    }

    private static Lun.Content content(Content content) {
        return switch (content) {
            case READY -> Lun.Content.READY;
            case COPYING, COPYING_INSTANT -> Lun.Content.COPYING;
            case FAILED -> Lun.Content.FAILED;
        };
    }

    /** What a LUN is to be a copy of; null: of nothing. */
    static @Nullable LunSource source(CreateLunRequest request) throws RefusedException {
        if (!request.hasSource()) {
            return null;
        }
        return switch (request.getSource().getSourceCase()) {
            case LUN -> new LunSource.OfLun(request.getSource().getLun());
            case SNAPSHOT -> new LunSource.OfSnapshot(request.getSource().getSnapshot());
            case SOURCE_NOT_SET ->
                    throw new RefusedException(
                            Reason.INVALID, "a source names a LUN or a snapshot");
        };
    }

    static LunSource image(ImportLunRequest request) throws RefusedException {
        if (!FILESYSTEM.matcher(request.getFilesystem()).matches()) {
            throw new RefusedException(
                    Reason.INVALID, "filesystem must be empty, or a name such as ext4");
        }
        return new LunSource.OfImage(request.getImage(), request.getFilesystem());
    }

    /**
     * A snapshot.
     *
     * @param remainingBytes what is still to be copied into it
     */
    static Snapshot snapshot(Pool pool, CatalogSnapshot snapshot, long remainingBytes)
            throws IOException {
        SnapshotFacts facts = snapshot.facts();
        return Snapshot.newBuilder()
                .setPool(pool.id())
                .setSnapshot(facts.id())
                .setLun(facts.lun())
                .setName(facts.name())
                .setSizeBytes(facts.sizeBytes())
                .setLogicalBlockBytes(facts.logicalBlockBytes())
                .setClusterId(facts.clusterId())
                .setTaken(timestamp(facts.taken()))
                .setState(
                        switch (snapshot.state()) {
                            case COPYING -> Snapshot.State.COPYING;
                            case READY -> Snapshot.State.READY;
                            case FAILED -> Snapshot.State.FAILED;
                        })
                .setRemainingBytes(remainingBytes)
                .setAllocatedBytes(pool.allocatedBytes(snapshot))
                .setFormat(format(facts.format()))
                .setGroup(facts.group())
                .build();
    }

    static dev.lunaria.proto.target.v1.Pool pool(Pool pool) throws IOException {
        return dev.lunaria.proto.target.v1.Pool.newBuilder()
                .setPool(pool.id())
                .setClusterId(pool.catalog().identity().clusterId())
                .setTotalBytes(pool.totalBytes())
                .setFreeBytes(pool.freeBytes())
                .setProvisionedBytes(pool.catalog().provisionedBytes())
                .setLuns(pool.catalog().count())
                .build();
    }

    static Grant grant(dev.lunaria.target.catalog.Grant grant) {
        return Grant.newBuilder()
                .setNode(grant.node())
                .setEpoch(grant.epoch())
                .setState(
                        switch (grant.state()) {
                            case ACTIVE -> Grant.State.ACTIVE;
                            case REVOKING -> Grant.State.REVOKING;
                            case REVOKED -> Grant.State.REVOKED;
                        })
                .setAccess(
                        switch (grant.access()) {
                            case READ_WRITE -> Access.READ_WRITE;
                            case READ_ONLY -> Access.READ_ONLY;
                        })
                .setExclusive(grant.exclusive())
                .setInitiatorName(grant.initiatorName())
                .setKeyId(grant.keyId())
                .setFenced(grant.fenced())
                .build();
    }

    static dev.lunaria.target.catalog.Grant.Access access(Access access) throws RefusedException {
        return switch (access) {
            case READ_WRITE -> dev.lunaria.target.catalog.Grant.Access.READ_WRITE;
            case READ_ONLY -> dev.lunaria.target.catalog.Grant.Access.READ_ONLY;
            case ACCESS_UNSPECIFIED, UNRECOGNIZED ->
                    throw new RefusedException(
                            Reason.INVALID, "access must be READ_WRITE or READ_ONLY");
        };
    }

    static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    private static FormatState format(dev.lunaria.target.device.FormatState format) {
        return FormatState.newBuilder()
                .setState(
                        switch (format.state()) {
                            case BLANK -> FormatState.State.BLANK;
                            case FORMATTING -> FormatState.State.FORMATTING;
                            case READY -> FormatState.State.READY;
                        })
                .setGeneration(format.generation())
                .setFilesystem(format.filesystem())
                .setOwnerNode(format.ownerNode())
                .setOwnerEpoch(format.ownerEpoch())
                .setFormattingEntries(format.formattingEntries())
                .build();
    }
}
