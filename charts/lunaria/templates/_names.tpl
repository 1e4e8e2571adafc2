{{- /*
Names are the same for every release: a cluster has one CSIDriver csi.lunaria.dev, and so one installation.
*/ -}}

{{- define "lunaria.driver" -}}csi.lunaria.dev{{- end }}

{{- define "lunaria.labels" -}}
app.kubernetes.io/name: lunaria
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* (list $ COMPONENT): what selects its pods; never changed. */ -}}
{{- define "lunaria.selector" -}}
app.kubernetes.io/name: lunaria
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* (list $ COMPONENT): labels of its pods. Without versions: a new one of the chart alone restarts nothing. */ -}}
{{- define "lunaria.podLabels" -}}
{{ include "lunaria.selector" . }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- /* (list $ COMPONENT [NAMED]): metadata of a namespaced object, name lunaria-COMPONENT unless NAMED. */ -}}
{{- define "lunaria.metadata" -}}
{{- $root := index . 0 -}}
name: {{ if gt (len .) 2 }}{{ index . 2 }}{{ else }}lunaria-{{ index . 1 }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "lunaria.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* (list $ COMPONENT [NAMED]): the same for one of the whole cluster. */ -}}
{{- define "lunaria.clusterMetadata" -}}
{{- $root := index . 0 -}}
name: {{ if gt (len .) 2 }}{{ index . 2 }}{{ else }}lunaria-{{ index . 1 }}{{ end }}
labels:
  {{- include "lunaria.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "lunaria.image" -}}
{{- $root := index . 0 -}}
{{ printf "%s/lunaria-%s:%s" $root.Values.images.repository (index . 1) ($root.Values.images.tag | default $root.Chart.AppVersion) }}
{{- end }}

{{- /* (list $ TAG NAME) */ -}}
{{- define "lunaria.sidecarImage" -}}
{{- $sidecars := (index . 0).Values.sidecars -}}
{{ printf "%s/%s:%s" $sidecars.repository (index . 2) (index $sidecars.tags (index . 1)) }}
{{- end }}

{{- /* Where others call, by the name of a Service: it outlives the Service's address, which attachments would keep. */ -}}
{{- define "lunaria.host" -}}
{{ printf "%s.%s.svc" (index . 1) (index . 0).Release.Namespace }}
{{- end }}

{{- define "lunaria.targetName" -}}lunaria-target-{{ . }}{{- end }}

{{- /* Nodes on which no volume is used, as YAML list. */ -}}
{{- define "lunaria.dedicatedNodes" -}}
{{- $nodes := list -}}
{{- range $name, $target := .Values.targets -}}
{{- if ne (toString $target.dedicated) "false" -}}{{- $nodes = append $nodes $target.node -}}{{- end -}}
{{- end -}}
{{- $nodes | uniq | sortAlpha | toYaml -}}
{{- end }}
