{{- /* Tells backup programs what snapshots hold and in what they differ, by the tokens of Kubernetes; every controller's
pod serves, none leads. */ -}}
{{- define "lunaria.snapshotMetadata" -}}
- name: snapshot-metadata
  image: {{ include "lunaria.sidecarImage" (list . "snapshotMetadata" "csi-snapshot-metadata") }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  args:
    - --csi-address=/run/lunaria/csi.sock
    - --timeout={{ .Values.sidecars.timeout }}
    - --port={{ .Values.snapshotMetadata.port }}
    - --http-endpoint=:9824
    - --tls-cert=/etc/lunaria/tls/tls.crt
    - --tls-key=/etc/lunaria/tls/tls.key
    - --max-streaming-duration-min={{ .Values.snapshotMetadata.maxStreamingMinutes }}
    - --kube-api-qps={{ .Values.sidecars.kubeApi.qps }}
    - --kube-api-burst={{ .Values.sidecars.kubeApi.burst }}
    - --v={{ .Values.sidecars.logLevel }}
  ports:
    - name: grpc
      containerPort: {{ .Values.snapshotMetadata.port }}
    - name: metadata
      containerPort: 9824
  readinessProbe:
    httpGet: {path: /health, port: metadata}
    periodSeconds: 5
    timeoutSeconds: 5
  securityContext:
    {{- include "lunaria.unprivileged" . | nindent 4 }}
  resources:
    {{- toYaml .Values.sidecars.resources | nindent 4 }}
  volumeMounts:
    - name: sockets
      mountPath: /run/lunaria
    - name: snapshot-metadata-tls
      mountPath: /etc/lunaria/tls
      readOnly: true
{{- end }}
