{{- /* What all pods have. Without service links: they are variables like LUNARIA_CONTROLLER_PORT, which the programs would
take for unknown settings of theirs, and refuse. */ -}}
{{- define "lunaria.pod" -}}
enableServiceLinks: false
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "lunaria.logArguments" -}}
- --log-format={{ .Values.log.format }}
- --log-level={{ .Values.log.level }}
{{- end }}

{{- define "lunaria.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* The user of Lunaria's images. */ -}}
{{- define "lunaria.user" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "lunaria.tlsArguments" -}}
- --tls-ca=/etc/lunaria/tls/ca.crt
- --tls-certificate=/etc/lunaria/tls/tls.crt
- --tls-key=/etc/lunaria/tls/tls.key
{{- end }}

{{- /* The cluster's id, as lunaria-setup wrote it down. (list VARIABLE) */ -}}
{{- define "lunaria.clusterIdVariable" -}}
- name: {{ index . 0 }}
  valueFrom:
    configMapKeyRef:
      name: lunaria-cluster
      key: cluster-id
{{- end }}

{{- /* Whether it answers at all, whether it can serve now, and time for the first (decision 025). (list PORT) */ -}}
{{- define "lunaria.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ index . 0 }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: {{ index . 0 }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ index . 0 }}}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
