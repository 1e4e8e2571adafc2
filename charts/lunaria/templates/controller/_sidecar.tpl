{{- /* (list $ NAME IMAGE PORT ARGUMENTS [WHOSE]): a sidecar of the controller; WHOSE: whether it asks which pod it is in. */ -}}
{{- define "lunaria.sidecar" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $sidecars := $root.Values.sidecars -}}
- name: {{ $name }}
  image: {{ include "lunaria.sidecarImage" (list $root $name (index . 2)) }}
  imagePullPolicy: {{ $root.Values.images.pullPolicy }}
  args:
    - --csi-address=/run/lunaria/csi.sock
    - --timeout={{ $sidecars.timeout }}
    - --leader-election
    - --leader-election-namespace={{ $root.Release.Namespace }}
    - --http-endpoint=:{{ index . 3 }}
    # Their clients' own 5 requests a second would stretch the start of many pods over minutes.
    - --kube-api-qps={{ $sidecars.kubeApi.qps }}
    - --kube-api-burst={{ $sidecars.kubeApi.burst }}
    - --v={{ $sidecars.logLevel }}
    {{- range index . 4 }}
    - {{ . }}
    {{- end }}
  {{- if gt (len .) 5 }}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    - name: NAMESPACE
      valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
  {{- end }}
  ports:
    - name: {{ $name }}
      containerPort: {{ index . 3 }}
  livenessProbe:
    httpGet: {path: /healthz/leader-election, port: {{ $name }}}
    initialDelaySeconds: 10
    periodSeconds: 20
    timeoutSeconds: 10
    failureThreshold: 3
  securityContext:
    {{- include "lunaria.unprivileged" $root | nindent 4 }}
  resources:
    {{- toYaml $sidecars.resources | nindent 4 }}
  volumeMounts:
    - name: sockets
      mountPath: /run/lunaria
{{- end }}
