package dev.lunaria.service.net;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets only those TLS clients call whose certificate carries one of the given DNS names.
 *
 * <p>Called by any thread. Unix sockets are guarded by their mode instead and pass.
 */
final class PeerNames implements ServerInterceptor {
    private static final Logger log = LoggerFactory.getLogger(PeerNames.class);
    private static final Integer DNS_NAME = 2; // RFC 5280 §4.2.1.6, GeneralName

    private final Set<String> allowed;

    PeerNames(Set<String> allowed) {
        this.allowed = Set.copyOf(allowed);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        SSLSession tls = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        if (tls == null) {
            return next.startCall(call, headers);
        }
        Set<String> names = names(tls);
        if (names.stream().anyMatch(allowed::contains)) {
            return next.startCall(call, headers);
        }
        log.atWarn()
                .addKeyValue("peer", call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR))
                .addKeyValue("names", names)
                .log("a client whose certificate isn't allowed here was refused");
        call.close(
                Status.PERMISSION_DENIED.withDescription(
                        "a certificate for " + names + " isn't allowed here"),
                new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private static Set<String> names(SSLSession tls) {
        var names = new HashSet<String>();
        try {
            Certificate[] chain = tls.getPeerCertificates();
            if (chain.length > 0 && chain[0] instanceof X509Certificate peer) {
                Collection<List<?>> alternatives = peer.getSubjectAlternativeNames();
                for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                    if (DNS_NAME.equals(name.getFirst()) && name.get(1) instanceof String dns) {
                        names.add(dns);
                    }
                }
            }
        } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
            log.debug("a peer's certificate has no readable names", e);
        }
        return names;
    }
}
