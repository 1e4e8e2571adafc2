package dev.lunaria.controller.setup;

/**
 * What the chart's manifests and the set-up have to call the same. Immutable.
 *
 * @param namespace of the installation
 */
public record InstallationNames(String namespace) {

    /** ConfigMap: the cluster's id, and which pools were registered. */
    public static final String CLUSTER = "lunaria-cluster";

    /** Its entry for the id. */
    public static final String CLUSTER_ID = "cluster-id";

    /** Its entry that says that keys were made. */
    static final String KEYS_MADE = "keys-made";

    /** Secret: the installation's keys. */
    public static final String KEYS = "lunaria-keys";

    /** Secret: who signs certificates. Read by nobody but the set-up. */
    public static final String AUTHORITIES = "lunaria-ca";

    /** The name by which nodes are let in at the registry. */
    public static final String NODE_HOST = "lunaria-node";

    private static final String METADATA = "lunaria-snapshot-metadata";
    private static final String TLS = "-tls";

    /** Secret with the controller's certificate. */
    public String controllerCertificate() {
        return "lunaria-controller" + TLS;
    }

    /** Where the controller is called, and by which it is let in at target servers. */
    public String controllerHost() {
        return service("lunaria-controller");
    }

    /** Secret with the certificate of the SnapshotMetadata service. */
    public String metadataCertificate() {
        return METADATA + TLS;
    }

    /** Where the SnapshotMetadata service is called. */
    public String metadataHost() {
        return service(METADATA);
    }

    /** Secret with the certificate that all nodes have in common. */
    public String nodeCertificate() {
        return NODE_HOST + TLS;
    }

    /** Secret with the certificate of a target server of this cluster. */
    public String targetCertificate(String target) {
        return targetService(target) + TLS;
    }

    /** Where a target server of this cluster is called. */
    public String targetHost(String target) {
        return service(targetService(target));
    }

    /** Secret with the certificate of a target server outside of it. */
    public String externalCertificate(String host) {
        return "lunaria-external-" + host + TLS;
    }

    /** Entry of {@link #CLUSTER} for the pool of a target server of this cluster. */
    public static String poolEntry(String target) {
        return "pool." + target;
    }

    private static String targetService(String target) {
        return "lunaria-target-" + target;
    }

    private String service(String name) {
        return name + "." + namespace + ".svc";
    }
}
