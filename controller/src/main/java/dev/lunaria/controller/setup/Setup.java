package dev.lunaria.controller.setup;

import dev.lunaria.controller.certificate.CertificateMaker;
import dev.lunaria.controller.certificate.Usage;
import dev.lunaria.controller.certificate.Wanted;
import dev.lunaria.controller.setup.InstallationObjects.Found;
import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.Registry;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.CsiIdentity;
import dev.lunaria.service.net.Tls;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that an installation needs before it runs, one step after the other; each may be
 * repeated, and does nothing where there is nothing to do. Of one thread.
 *
 * @param objects where Secrets and ConfigMaps are
 * @param registry where StorageTargets are registered
 * @param definitions where definitions are applied
 * @param metadata where the SnapshotMetadata service is announced
 * @param servers asks target servers, with the controller's TLS
 * @param clock for the times in certificates, and for the patience
 * @param pause between two attempts to reach target servers
 */
public record Setup(
        InstallationObjects objects,
        Registry registry,
        Definitions definitions,
        MetadataServices metadata,
        Function<Tls, ServedPools> servers,
        InstantSource clock,
        Pause pause,
        SecureRandom random) {
    private static final Logger log = LoggerFactory.getLogger(Setup.class);

    /** Of its Service. */
    private static final int METADATA_PORT = 6443;

    /** Lets some time go by. */
    @FunctionalInterface
    public interface Pause {
        void pause() throws InterruptedException;
    }

    /**
     * What is to be set up. Immutable.
     *
     * @param clusterId empty: one that no other cluster has
     * @param certificates how long certificates are to be valid; empty: somebody else makes them
     * @param externalTargets host names of target servers outside that are to get certificates
     * @param targets target servers of this cluster
     * @param snapshotMetadata whether the SnapshotMetadata service is served
     * @param patience how long target servers, and certificates of others, are waited for
     * @param definitions folder with definitions; empty: none are applied
     */
    public record Plan(
            InstallationNames names,
            Optional<String> clusterId,
            Optional<Duration> certificates,
            List<String> externalTargets,
            List<ClusterTarget> targets,
            boolean snapshotMetadata,
            Duration patience,
            Optional<Path> definitions) {

        public Plan {
            externalTargets = List.copyOf(externalTargets);
            targets = List.copyOf(targets);
        }
    }

    /**
     * Does it all.
     *
     * @throws StartupException with what is in the way and what to do
     */
    public void run(Plan plan) throws InterruptedException {
        String clusterId = new ClusterIdentity(objects).settle(plan.clusterId());
        new KeySecret(objects, random).settle();
        plan.certificates()
                .ifPresent(validity ->
                        new CertificateSecrets(objects, new CertificateMaker(random), clock)
                                .settle(wanted(plan, validity)));
        plan.definitions().ifPresent(this::apply);
        if (plan.snapshotMetadata()) {
            announceMetadata(plan);
        }
        if (!plan.targets().isEmpty()) {
            register(plan, clusterId);
        }
        log.atInfo().addKeyValue("clusterId", clusterId).log("the installation is set up");
    }

    /** The certificates by the names of their Secrets. */
    private static Map<String, Wanted> wanted(Plan plan, Duration validity) {
        InstallationNames names = plan.names();
        var wanted = new TreeMap<String, Wanted>();
        wanted.put(
                names.controllerCertificate(),
                new Wanted(names.controllerHost(), Set.of(Usage.SERVER, Usage.CLIENT), validity));
        wanted.put(
                names.nodeCertificate(),
                new Wanted(InstallationNames.NODE_HOST, Set.of(Usage.CLIENT), validity));
        if (plan.snapshotMetadata()) {
            wanted.put(
                    names.metadataCertificate(),
                    new Wanted(names.metadataHost(), Set.of(Usage.SERVER), validity));
        }
        plan.targets()
                .forEach(target ->
                        wanted.put(
                                names.targetCertificate(target.name()),
                                new Wanted(target.admin().host(), Set.of(Usage.SERVER), validity)));
        plan.externalTargets()
                .forEach(host ->
                        wanted.put(
                                names.externalCertificate(host),
                                new Wanted(host, Set.of(Usage.SERVER), validity)));
        return wanted;
    }

    private void apply(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.yaml")) {
            var sorted = new ArrayList<Path>();
            files.forEach(sorted::add);
            sorted.stream().sorted().forEach(definitions::apply);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read the definitions in " + folder + ": " + StartupException.reason(e),
                    e);
        }
    }

    /** Its object holds who may vouch for it, which changes with the authorities. */
    private void announceMetadata(Plan plan) throws InterruptedException {
        InstallationNames names = plan.names();
        Instant end = clock.instant().plus(plan.patience());
        String ca =
                certificate(names.metadataCertificate(), end)
                        .getOrDefault(CertificateSecrets.CA, "");
        metadata.announce(
                new MetadataServices.MetadataService(
                        CsiIdentity.DRIVER_NAME,
                        names.metadataHost() + ":" + METADATA_PORT,
                        "snapshot-metadata." + CsiIdentity.DRIVER_NAME,
                        ca));
    }

    /**
     * Repeats what fails by servers that don't answer yet; what else is wrong, is told at the end.
     */
    private void register(Plan plan, String clusterId) throws InterruptedException {
        Instant end = clock.instant().plus(plan.patience());
        ServedPools asked =
                servers.apply(
                        ControllerTls.load(certificate(plan.names().controllerCertificate(), end)));
        var registration = new TargetRegistration(registry, objects, asked, clusterId);
        List<ClusterTarget> left = plan.targets();
        var wrong = new ArrayList<String>();
        while (true) {
            var waiting = new ArrayList<ClusterTarget>();
            String last = "";
            for (ClusterTarget target : left) {
                try {
                    registration.register(target);
                } catch (Failure e) {
                    waiting.add(target);
                    last = e.getMessage();
                } catch (StartupException e) {
                    wrong.add(e.getMessage());
                }
            }
            left = waiting;
            if (left.isEmpty() || clock.instant().isAfter(end)) {
                wrong.addAll(last.isEmpty() ? List.of() : List.of(last));
                break;
            }
            pause.pause();
        }
        if (!wrong.isEmpty()) {
            throw new StartupException(String.join("; ", wrong));
        }
    }

    /** A certificate, which somebody else may have to make first. */
    private Map<String, String> certificate(String secret, Instant end)
            throws InterruptedException {
        while (true) {
            Optional<Found> found = objects.read(Kind.TLS_SECRET, secret);
            if (found.isPresent()) {
                return found.get().entries();
            }
            if (clock.instant().isAfter(end)) {
                throw new StartupException(
                        "there is no Secret %s with a certificate; see who is to make it"
                                .formatted(secret));
            }
            pause.pause();
        }
    }
}
