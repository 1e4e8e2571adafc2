package dev.lunaria.target.admin;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.time.Instant;

/** The catalog's records as the API's messages. No secret ever goes out. Stateless: any thread. */
final class Messages {

    private Messages() {}

    static Lun lun(Pool pool, CatalogLun lun) throws IOException {
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
                        .setCreated(timestamp(facts.created()));
        lun.grants().values().forEach(grant -> message.addGrants(grant(grant)));
        return message.build();
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
