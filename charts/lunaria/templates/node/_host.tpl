{{- /* What node plugin and disk process have in common: they are parts of the host. */ -}}
{{- define "lunaria.hostPod" -}}
{{- include "lunaria.pod" . }}
serviceAccountName: lunaria-node
automountServiceAccountToken: false
priorityClassName: {{ .Values.node.priorityClassName }}
# The volumes' traffic must not end with the pods' network; names of Services are looked up all the same.
hostNetwork: true
dnsPolicy: ClusterFirstWithHostNet
{{- with .Values.node.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.node.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $dedicated := include "lunaria.dedicatedNodes" . | fromYamlArray }}
{{- if $dedicated }}
# Not where a target server has a node of its own.
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchFields:
            {{- range $dedicated }}
            - key: metadata.name
              operator: NotIn
              values: [{{ . | quote }}]
            {{- end }}
{{- end }}
{{- end }}

{{- /* Mounts, loop devices and FUSE are root's, and mounts made here are to be seen by pods. */ -}}
{{- define "lunaria.privileged" -}}
privileged: true
runAsUser: 0
runAsGroup: 0
readOnlyRootFilesystem: true
{{- end }}

{{- define "lunaria.nodeName" -}}
- name: LUNARIA_NODE_NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
{{- end }}

{{- define "lunaria.hostHealth" -}}
{{ if .Values.metrics.enabled }}0.0.0.0{{ else }}127.0.0.1{{ end }}
{{- end }}
