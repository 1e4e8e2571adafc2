{{- define "lunaria.targetSelector" -}}
{{ include "lunaria.selector" (list (index . 0) "target") }}
lunaria.dev/target: {{ index . 1 }}
{{- end }}

{{- define "lunaria.targetMetadata" -}}
{{ include "lunaria.metadata" (list (index . 0) "target" (include "lunaria.targetName" (index . 1))) }}
  lunaria.dev/target: {{ index . 1 }}
{{- end }}

{{- /* Makes the pool where that was asked for, and never a second time: an empty folder of a registered pool is a disk
that is missing. */ -}}
{{- define "lunaria.initialize" -}}
set -u
pool=/srv/lunaria/pool
[ ! -e "$pool/pool.json" ] || exit 0
if [ -n "${REGISTERED_POOL:-}" ]; then
  echo "There is no pool in this folder, but pool $REGISTERED_POOL is registered for this target." >&2
  echo "Is its filesystem mounted on this node? Nothing was made. If the disk is lost: docs/operations/helm.md" >&2
  exit 1
fi
if [ "$INITIALIZE" != true ]; then
  echo "There is no pool in this folder. Set initialize: true for this target, so that one is made." >&2
  exit 1
fi
exec /opt/lunaria/bin/lunaria-target init --pool "$pool" >/dev/null
{{- end }}
