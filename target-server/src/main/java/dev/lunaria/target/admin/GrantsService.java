package dev.lunaria.target.admin;

import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.RevokeGrantResponse;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.grant.GrantRequest;
import dev.lunaria.target.grant.Grants;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** Gives and takes leave to use a LUN. Any thread that may block. */
public final class GrantsService extends GrantsGrpc.GrantsImplBase {

    private final Pools pools;
    private final Grants grants;

    public GrantsService(Pools pools, Grants grants) {
        this.pools = pools;
        this.grants = grants;
    }

    @Override
    public void createGrant(CreateGrantRequest request, StreamObserver<Grant> observer) {
        Answers.send(
                observer,
                () -> {
                    CatalogLun lun = pools.pool(request.getPool()).lun(request.getLun());
                    GrantRequest asked =
                            new GrantRequest(
                                    request.getNode(),
                                    request.getEpoch(),
                                    Messages.access(request.getAccess()),
                                    request.getExclusive(),
                                    request.getInitiatorName(),
                                    request.getKeyId(),
                                    new ChapSecrets(
                                            Secret.of(request.getChap().getInitiatorSecret()),
                                            Secret.of(request.getChap().getTargetSecret())));
                    return Messages.grant(grants.create(lun, asked));
                });
    }

    @Override
    public void revokeGrant(
            RevokeGrantRequest request, StreamObserver<RevokeGrantResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    RevokeGrantResponse.Builder answer = RevokeGrantResponse.newBuilder();
                    Optional<CatalogLun> lun =
                            pools.pool(request.getPool()).catalog().find(request.getLun());
                    if (lun.isPresent()) {
                        grants.revoke(lun.get(), request.getNode(), request.getFence())
                                .forEach(grant -> answer.addGrants(Messages.grant(grant)));
                    }
                    return answer.build();
                });
    }
}
