package dev.lunaria.service.net;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;

/** A certificate authority in a folder. */
final class Pki {
    private final Path folder;
    private final X509Bundle ca;

    Pki(Path folder) throws Exception {
        this(folder, CertificateBuilder.Algorithm.ecp256);
    }

    Pki(Path folder, CertificateBuilder.Algorithm algorithm) throws Exception {
        this.folder = folder;
        this.ca =
                new CertificateBuilder()
                        .algorithm(algorithm)
                        .subject("CN=ca")
                        .setIsCertificateAuthority(true)
                        .buildSelfSigned();
    }

    /** Issues a certificate; what was there under the name is overwritten. */
    TlsFiles files(String name, String dns) throws Exception {
        return files(name, dns, CertificateBuilder.Algorithm.ecp256);
    }

    TlsFiles files(String name, String dns, CertificateBuilder.Algorithm algorithm)
            throws Exception {
        X509Bundle bundle =
                new CertificateBuilder()
                        .algorithm(algorithm)
                        .subject("CN=" + name)
                        .addSanDnsName(dns)
                        .buildIssuedBy(ca);
        Path caFile = Files.writeString(folder.resolve("ca.pem"), pem());
        Path certificate =
                Files.writeString(folder.resolve(name + ".pem"), bundle.getCertificatePathPEM());
        Path key = Files.writeString(folder.resolve(name + ".key"), bundle.getPrivateKeyPEM());
        return new TlsFiles(caFile, certificate, key);
    }

    Tls tls(String name, String dns) throws Exception {
        return Tls.load(files(name, dns));
    }

    /** The authority's own certificate. */
    String pem() {
        return ca.getCertificatePEM();
    }
}
