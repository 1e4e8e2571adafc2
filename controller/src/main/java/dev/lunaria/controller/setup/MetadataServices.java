package dev.lunaria.controller.setup;

/** Where backup programs look for a driver's SnapshotMetadata service. Of one thread. */
@FunctionalInterface
public interface MetadataServices {

    /**
     * Tells them, over what was told before.
     *
     * @throws dev.lunaria.service.cli.StartupException where the cluster doesn't know such objects,
     *     doesn't answer, or refuses
     */
    void announce(MetadataService service);

    /**
     * A service. Immutable.
     *
     * @param driver name of the CSI driver
     * @param address host:port
     * @param audience for whom callers' tokens have to be
     * @param authorities who may vouch for its certificate, PEM
     */
    record MetadataService(String driver, String address, String audience, String authorities) {}
}
