{{- /* The pod of the Job and of the CronJob: makes what can't stand in a template. */ -}}
{{- define "lunaria.setupPod" -}}
metadata:
  labels:
    {{- include "lunaria.podLabels" (list . "setup") | nindent 4 }}
spec:
  {{- include "lunaria.pod" . | nindent 2 }}
  serviceAccountName: lunaria-setup
  priorityClassName: {{ .Values.controller.priorityClassName }}
  restartPolicy: OnFailure
  securityContext:
    {{- include "lunaria.user" . | nindent 4 }}
  {{- with .Values.controller.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.controller.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: setup
      image: {{ include "lunaria.image" (list . "controller") }}
      imagePullPolicy: {{ .Values.images.pullPolicy }}
      args:
        - setup
        {{- include "lunaria.logArguments" . | nindent 8 }}
        {{- if .Values.clusterId }}
        - --cluster-id={{ .Values.clusterId }}
        {{- end }}
        - --certificates={{ ternary "own" "existing" (eq .Values.certificates.mode "own") }}
        - --certificate-days={{ int64 .Values.certificates.days }}
        {{- range .Values.certificates.externalTargets }}
        - --external-target={{ . }}
        {{- end }}
        {{- range $name, $target := .Values.targets }}
        - --target={{ $name }}{{ with $target.overcommitPercent }}={{ int64 . }}{{ end }}
        {{- end }}
        - --target-portal-port={{ .Values.targetPorts.iscsi }}
        - --target-admin-port={{ .Values.targetPorts.admin }}
        - --patience={{ .Values.setup.patience }}
        {{- if .Values.snapshotMetadata.enabled }}
        - --snapshot-metadata=served
        {{- end }}
        {{- if .Values.setup.upgradeDefinitions }}
        - --definitions=/etc/lunaria/definitions
        {{- end }}
      securityContext:
        {{- include "lunaria.unprivileged" . | nindent 8 }}
      resources:
        {{- toYaml .Values.setup.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if .Values.setup.upgradeDefinitions }}
        - name: definitions
          mountPath: /etc/lunaria/definitions
          readOnly: true
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        medium: Memory
        sizeLimit: 16Mi
    {{- if .Values.setup.upgradeDefinitions }}
    - name: definitions
      configMap:
        name: lunaria-definitions
    {{- end }}
{{- end }}
