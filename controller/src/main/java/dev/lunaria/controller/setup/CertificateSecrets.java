package dev.lunaria.controller.setup;

import static dev.lunaria.controller.setup.InstallationNames.AUTHORITIES;

import dev.lunaria.controller.certificate.Authorities;
import dev.lunaria.controller.certificate.AuthoritiesText;
import dev.lunaria.controller.certificate.CertificateMaker;
import dev.lunaria.controller.certificate.KeyedCertificate;
import dev.lunaria.controller.certificate.Pem;
import dev.lunaria.controller.certificate.Renewal;
import dev.lunaria.controller.certificate.Wanted;
import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.service.cli.StartupException;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Secrets with the installation's authorities and certificates, in the form in which Kubernetes
 * keeps such. Of one thread; keeps nothing.
 */
final class CertificateSecrets {

    static final String CA = "ca.crt";
    static final String CERTIFICATE = "tls.crt";
    static final String KEY = "tls.key";

    private final InstallationObjects objects;
    private final CertificateMaker maker;
    private final InstantSource clock;

    CertificateSecrets(InstallationObjects objects, CertificateMaker maker, InstantSource clock) {
        this.objects = objects;
        this.maker = maker;
        this.clock = clock;
    }

    /**
     * Makes what isn't there, and renews what is due.
     *
     * @param wanted certificates by the names of their Secrets
     */
    void settle(Map<String, Wanted> wanted) {
        Authorities authorities = authorities();
        wanted.forEach((secret, certificate) -> settle(secret, certificate, authorities));
    }

    private Authorities authorities() {
        return read(
                new Change(objects)
                        .of(
                                Kind.SECRET,
                                AUTHORITIES,
                                there ->
                                        there.isEmpty()
                                                ? AuthoritiesText.write(
                                                        Authorities.first(maker, clock.instant()))
                                                : due(there)));
    }

    /** The same text where nothing is due: what was read is written as it was. */
    private Map<String, String> due(Map<String, String> there) {
        return AuthoritiesText.write(read(there).at(maker, clock.instant()));
    }

    private static Authorities read(Map<String, String> there) {
        try {
            return AuthoritiesText.read(there);
        } catch (GeneralSecurityException e) {
            throw new StartupException(
                    "the Secret %s can't be read (%s). Restore it, or delete it: then a new authority is made, and for a minute or two programs that have read of it refuse those that haven't"
                            .formatted(AUTHORITIES, e.getMessage()),
                    e);
        }
    }

    private void settle(String secret, Wanted wanted, Authorities authorities) {
        new Change(objects)
                .of(
                        Kind.TLS_SECRET,
                        secret,
                        there -> {
                            KeyedCertificate one =
                                    new Renewal(maker)
                                            .of(keyed(there), wanted, authorities, clock.instant());
                            return Map.of(
                                    CA, Pem.certificates(authorities.believed()),
                                    CERTIFICATE, Pem.certificates(List.of(one.certificate())),
                                    KEY, Pem.key(one.key()));
                        });
    }

    /** Empty where it can't be read: then it is made anew. */
    private static Optional<KeyedCertificate> keyed(Map<String, String> there) {
        try {
            return Optional.of(
                    Pem.keyed(there.getOrDefault(CERTIFICATE, ""), there.getOrDefault(KEY, "")));
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }
}
