package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.Lun;
import io.grpc.Status;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * What the controller relies on where LUNs grow, are copied and have snapshots: for the fake and
 * the real server alike.
 */
public abstract class TargetCopiesContract extends TargetAdminContract {

    private Lun expand(Lun lun, long size) {
        return luns().expandLun(
                        ExpandLunRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .setSizeBytes(size)
                                .build());
    }

    @Test
    void aLunGrowsAndNeverShrinks() {
        Lun lun = made();

        assertThat(expand(lun, 2 * SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(expand(lun, 2 * SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(expand(lun, SIZE).getSizeBytes()).isEqualTo(2 * SIZE);
        assertThat(now(lun).getSizeBytes()).isEqualTo(2 * SIZE);
    }

    /** By this the controller tells a LUN that grew from one that is another. */
    @Test
    void aLunThatGrewIsNotTheOneThatACreateOfTheOldSizeAsksFor() {
        String id = UUID.randomUUID().toString();
        CreateLunRequest request = lun(id).build();
        expand(luns().createLun(request), 2 * SIZE);

        assertCode(Status.Code.ALREADY_EXISTS, () -> luns().createLun(request));
    }

    @Test
    void growthOfNoLunAndToNoSizeIsRefused() {
        Lun lun = made();

        assertCode(Status.Code.OUT_OF_RANGE, () -> expand(lun, SIZE + 1));
        assertCode(Status.Code.OUT_OF_RANGE, () -> expand(lun, 0));
        assertCode(
                Status.Code.NOT_FOUND,
                () -> expand(lun.toBuilder().setLun(UUID.randomUUID().toString()).build(), SIZE));
    }
}
