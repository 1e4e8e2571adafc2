{{- /* (list $ NAME): binds the ClusterRole lunaria-NAME to the controller's account, which its sidecars share. */ -}}
{{- define "lunaria.controllerBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "lunaria.clusterMetadata" . | nindent 2 }}
subjects:
  - kind: ServiceAccount
    name: lunaria-controller
    namespace: {{ (index . 0).Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: lunaria-{{ index . 1 }}
{{- end }}
