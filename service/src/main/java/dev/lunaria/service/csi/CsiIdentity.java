package dev.lunaria.service.csi;

import com.google.protobuf.BoolValue;
import dev.lunaria.proto.csi.v1.GetPluginCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.GetPluginCapabilitiesResponse;
import dev.lunaria.proto.csi.v1.GetPluginInfoRequest;
import dev.lunaria.proto.csi.v1.GetPluginInfoResponse;
import dev.lunaria.proto.csi.v1.IdentityGrpc;
import dev.lunaria.proto.csi.v1.PluginCapability;
import dev.lunaria.proto.csi.v1.ProbeRequest;
import dev.lunaria.proto.csi.v1.ProbeResponse;
import dev.lunaria.service.cli.Version;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * CSI Identity, the same in the controller and the node plugin. For any thread.
 *
 * <p>Both report the same plugin capabilities: csi-sanity reads the controller's from the node's
 * socket as well.
 */
public final class CsiIdentity extends IdentityGrpc.IdentityImplBase {
    /** The driver's name, as StorageClasses and CSIDriver carry it. */
    public static final String DRIVER_NAME = "csi.lunaria.dev";

    /** Always announced. */
    private static final List<PluginCapability.Service.Type> SERVICES =
            List.of(
                    PluginCapability.Service.Type.CONTROLLER_SERVICE,
                    PluginCapability.Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS,
                    PluginCapability.Service.Type.GROUP_CONTROLLER_SERVICE,
                    PluginCapability.Service.Type.SNAPSHOT_METADATA_SERVICE);

    private final BooleanSupplier ready;
    private final AlphaCalls alpha;

    /** The same, which announces nothing that is alpha. */
    public CsiIdentity(BooleanSupplier ready) {
        this(ready, AlphaCalls.HIDDEN);
    }

    /** An Identity whose Probe asks the given hook whether the program can serve. */
    public CsiIdentity(BooleanSupplier ready, AlphaCalls alpha) {
        this.ready = ready;
        this.alpha = alpha;
    }

    @Override
    public void getPluginInfo(
            GetPluginInfoRequest request, StreamObserver<GetPluginInfoResponse> answer) {
        answer.onNext(
                GetPluginInfoResponse.newBuilder()
                        .setName(DRIVER_NAME)
                        .setVendorVersion(Version.current())
                        .build());
        answer.onCompleted();
    }

    @Override
    public void getPluginCapabilities(
            GetPluginCapabilitiesRequest request,
            StreamObserver<GetPluginCapabilitiesResponse> answer) {
        var response = GetPluginCapabilitiesResponse.newBuilder();
        for (PluginCapability.Service.Type type : SERVICES) {
            response.addCapabilitiesBuilder().getServiceBuilder().setType(type);
        }
        switch (alpha) {
            case HIDDEN -> {}
            case ANNOUNCED ->
                    response.addCapabilitiesBuilder()
                            .getServiceBuilder()
                            .setType(
                                    PluginCapability.Service.Type
                                            .SNAPSHOT_ACCESSIBILITY_CONSTRAINTS);
        }
        // Also of volumes that nobody uses: ONLINE says that it may be in use, not that it must be.
        response.addCapabilitiesBuilder()
                .getVolumeExpansionBuilder()
                .setType(PluginCapability.VolumeExpansion.Type.ONLINE);
        answer.onNext(response.build());
        answer.onCompleted();
    }

    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> answer) {
        answer.onNext(
                ProbeResponse.newBuilder().setReady(BoolValue.of(ready.getAsBoolean())).build());
        answer.onCompleted();
    }
}
