package dev.lunaria.controller.kube.secret;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lunaria.controller.setup.InstallationObjects;
import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Secrets and ConfigMaps of a namespace. Of one thread; keeps nothing. */
final class KubeObjects implements InstallationObjects {

    private static final Map<String, String> LABELS =
            Map.of(
                    "app.kubernetes.io/name", "lunaria",
                    "app.kubernetes.io/managed-by", "lunaria-setup");

    private final KubernetesClient client;
    private final String namespace;

    KubeObjects(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    @Override
    public Optional<Found> read(Kind kind, String name) {
        try {
            return switch (kind) {
                case CONFIG_MAP ->
                        Optional.ofNullable(
                                        client.configMaps()
                                                .inNamespace(namespace)
                                                .withName(name)
                                                .get())
                                .map(found -> found(found.getMetadata(), found.getData()));
                case SECRET, TLS_SECRET ->
                        Optional.ofNullable(
                                        client.secrets()
                                                .inNamespace(namespace)
                                                .withName(name)
                                                .get())
                                .map(found ->
                                        found(
                                                found.getMetadata(),
                                                each(found.getData(), KubeObjects::decoded)));
            };
        } catch (KubernetesClientException e) {
            throw Refusals.refused("get", what(kind, name), e);
        }
    }

    @Override
    public boolean write(
            Kind kind, String name, Map<String, String> entries, Optional<Found> before) {
        ObjectMeta metadata =
                new ObjectMetaBuilder()
                        .withName(name)
                        .withNamespace(namespace)
                        .withLabels(LABELS)
                        .withResourceVersion(before.map(Found::version).orElse(null))
                        .build();
        try {
            switch (kind) {
                case CONFIG_MAP -> writeConfigMap(metadata, entries, before.isPresent());
                case SECRET -> writeSecret("Opaque", metadata, entries, before.isPresent());
                case TLS_SECRET ->
                        writeSecret("kubernetes.io/tls", metadata, entries, before.isPresent());
            }
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
                    || (before.isPresent() && e.getCode() == HttpURLConnection.HTTP_NOT_FOUND)) {
                return false;
            }
            throw Refusals.refused(before.isPresent() ? "update" : "create", what(kind, name), e);
        }
    }

    private void writeConfigMap(ObjectMeta metadata, Map<String, String> entries, boolean there) {
        ConfigMap map = new ConfigMapBuilder().withMetadata(metadata).withData(entries).build();
        var resource = client.configMaps().inNamespace(namespace).resource(map);
        var _ = there ? resource.update() : resource.create();
    }

    private void writeSecret(
            String type, ObjectMeta metadata, Map<String, String> entries, boolean there) {
        Secret secret =
                new SecretBuilder()
                        .withMetadata(metadata)
                        .withType(type)
                        .withData(each(entries, KubeObjects::encoded))
                        .build();
        var resource = client.secrets().inNamespace(namespace).resource(secret);
        var _ = there ? resource.update() : resource.create();
    }

    @Override
    public String clusterUid() {
        String name = "kube-system";
        try {
            Namespace system = client.namespaces().withName(name).get();
            if (system == null) {
                throw new StartupException(
                        "there is no namespace %s, whose UID would be the cluster's id; give --cluster-id"
                                .formatted(name));
            }
            return system.getMetadata().getUid();
        } catch (KubernetesClientException e) {
            throw Refusals.refused("get", "the namespace " + name, e);
        }
    }

    private static Found found(ObjectMeta metadata, @Nullable Map<String, String> entries) {
        return new Found(entries == null ? Map.of() : entries, metadata.getResourceVersion());
    }

    private static Map<String, String> each(
            @Nullable Map<String, String> entries, UnaryOperator<String> change) {
        var changed = new TreeMap<String, String>();
        if (entries != null) {
            entries.forEach((name, value) -> changed.put(name, change.apply(value)));
        }
        return changed;
    }

    private static String decoded(String value) {
        return new String(Base64.getDecoder().decode(value), UTF_8);
    }

    private static String encoded(String value) {
        return Base64.getEncoder().encodeToString(value.getBytes(UTF_8));
    }

    private static String what(Kind kind, String name) {
        return (kind == Kind.CONFIG_MAP ? "the ConfigMap " : "the Secret ") + name;
    }
}
