{{- /* Annotations of what is there only while `helm uninstall` asks. What failed stays, with its log, until the next
attempt. (WEIGHT) */ -}}
{{- define "lunaria.beforeUninstall" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
