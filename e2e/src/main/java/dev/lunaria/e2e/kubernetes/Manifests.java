package dev.lunaria.e2e.kubernetes;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a user would write down and apply. No state. */
final class Manifests {
    private static final String CLAIM =
            """
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: %s}
            spec:
              accessModes: [%s]
              volumeMode: %s
              storageClassName: %s
              resources: {requests: {storage: %s}}
            """;

    private Manifests() {}

    static String claim(String name, String storageClass, String size) {
        return CLAIM.formatted(name, "ReadWriteOnce", "Filesystem", storageClass, size);
    }

    static String sharedClaim(String name, String storageClass, String mode, String size) {
        return CLAIM.formatted(name, "ReadWriteMany", mode, storageClass, size);
    }

    static String copyOfSnapshot(String name, String storageClass, String size, String snapshot) {
        return claim(name, storageClass, size)
                + "  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: %s}\n"
                        .formatted(snapshot);
    }

    static String copyOfClaim(String name, String storageClass, String size, String claim) {
        return claim(name, storageClass, size)
                + "  dataSource: {kind: PersistentVolumeClaim, name: %s}\n".formatted(claim);
    }

    static String snapshot(String name, String claim) {
        return """
        ---
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshot
        metadata: {name: %s}
        spec:
          volumeSnapshotClassName: lunaria
          source: {persistentVolumeClaimName: %s}
        """
                .formatted(name, claim);
    }

    /** A pod on a node that sleeps, with each claim mounted at {@code /} and its name. */
    static String pod(String name, String node, List<String> claims) {
        return pod(
                name,
                node,
                "volumeMounts: ["
                        + each(claims, "{name: %1$s, mountPath: /%1$s}")
                        + "]\n"
                        + "  volumes: ["
                        + each(claims, "{name: %1$s, persistentVolumeClaim: {claimName: %1$s}}")
                        + "]");
    }

    /** A pod on a node with a claim's device at {@code /dev/} and its name. */
    static String rawPod(String name, String node, String claim) {
        return pod(
                name,
                node,
                """
                volumeDevices: [{name: %1$s, devicePath: /dev/%1$s}]
                  volumes: [{name: %1$s, persistentVolumeClaim: {claimName: %1$s}}]\
                """
                        .formatted(claim));
    }

    private static String pod(String name, String node, String volumes) {
        return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          nodeName: %s
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: busybox:latest
              imagePullPolicy: IfNotPresent
              command: [/bin/busybox, sleep, "100000"]
              %s
        """
                .formatted(name, node, volumes);
    }

    private static String each(List<String> claims, String form) {
        return claims.stream().map(form::formatted).collect(Collectors.joining(", "));
    }

    /** A pod that overwrites a file for as long as it lives, whatever comes of it. */
    static String stubbornWriter(String name, String node, String claim) {
        return pod(name, node, List.of(claim))
                .replace(
                        "command: [/bin/busybox, sleep, \"100000\"]",
                        """
                        command:
                                - /bin/busybox
                                - sh
                                - -c
                                - |
                                  while true; do
                                    /bin/busybox dd if=/dev/urandom of=/%s/noise bs=64k count=64 \
                                      conv=notrunc,fsync 2>/dev/null
                                    /bin/busybox sleep 0.1
                                  done\
                        """
                                .formatted(claim));
    }

    /** A pod with a volume of the driver's written into its own manifest. */
    static String ephemeralPod(String name) {
        return pod(
                name,
                ClusterUnderTest.STORAGE_NODE,
                """
                volumeMounts: [{name: v, mountPath: /v}]
                  volumes: [{name: v, csi: {driver: csi.lunaria.dev, fsType: ext4}}]\
                """);
    }

    static String storageClass(String name, Map<String, String> parameters) {
        String words =
                parameters.entrySet().stream()
                        .map(one -> one.getKey() + ": \"" + one.getValue() + "\"")
                        .collect(Collectors.joining(", "));
        return """
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: %s}
        provisioner: csi.lunaria.dev
        parameters: {%s}
        """
                .formatted(name, words);
    }

    /** Pods that sleep, each with a claim of its own at {@code /data}. */
    static String statefulSet(String name, String storageClass, int replicas) {
        return """
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: %1$s}
        spec:
          replicas: %3$d
          serviceName: %1$s
          selector: {matchLabels: {app: %1$s}}
          template:
            metadata: {labels: {app: %1$s}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: busybox:latest
                  imagePullPolicy: IfNotPresent
                  command: [/bin/busybox, sleep, "100000"]
                  volumeMounts: [{name: data, mountPath: /data}]
          volumeClaimTemplates:
            - metadata: {name: data}
              spec:
                accessModes: [ReadWriteOnce]
                storageClassName: %2$s
                resources: {requests: {storage: 1Gi}}
        """
                .formatted(name, storageClass, replicas);
    }

    /** A Deployment of one, wherever there is a node, that appends the uptime and fsyncs. */
    static String writer(String name, String claim) {
        return """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %1$s}
        spec:
          replicas: 1
          strategy: {type: Recreate}
          selector: {matchLabels: {app: %1$s}}
          template:
            metadata: {labels: {app: %1$s}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: busybox:latest
                  imagePullPolicy: IfNotPresent
                  command:
                    - /bin/busybox
                    - sh
                    - -c
                    - |
                      set -e
                      exec 3>>/data/log
                      while true; do
                        read up _ < /proc/uptime
                        echo $up >&3
                        /bin/busybox dd if=/dev/null of=/data/log conv=notrunc,fsync 2>/dev/null
                        /bin/busybox sleep 0.1
                      done
                  volumeMounts: [{name: v, mountPath: /data}]
              volumes: [{name: v, persistentVolumeClaim: {claimName: %2$s}}]
        """
                .formatted(name, claim);
    }
}
