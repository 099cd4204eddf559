#!/usr/bin/env bash
# Start a simulated GB200 NVL72 rack under STATE_DIR; everything listens on
# 127.0.0.1 only.  Prints one line to stdout: KUBECONFIG=<path>
#
#   up.sh STATE_DIR BIN_DIR [--trays N] [--hosts N] [--no-ray] [--kueue] [--bare]
#
#   --trays N   compute trays, 4 GPUs each (default 18 = one NVL72 domain)
#   --hosts N   plain hosts without GPUs (default 2)
#   --no-ray    leave the KubeRay operator out
#   --kueue     add the Kueue controller with its webhooks
#   --bare      control plane and nodes only: no CRDs, no controllers
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
[ $# -ge 2 ] || { sed -n '2,12p' "${BASH_SOURCE[0]}"; exit 2; }
mkdir -p "$1"; state=$(cd "$1" && pwd -P); bin=$(cd "$2" && pwd -P); shift 2
trays=18 hosts=2 ray=1 kueue=0 bare=0
while [ $# -gt 0 ]; do
  case $1 in
    --trays) trays=$2; shift ;; --hosts) hosts=$2; shift ;;
    --no-ray) ray=0 ;; --kueue) kueue=1 ;; --bare) bare=1 ;;
    *) echo "unknown option: $1" >&2; exit 2 ;;
  esac; shift
done
[ ! -e "$state/kubeconfig" ] || { echo "$state already holds a rack; stop it first" >&2; exit 1; }
mkdir -p "$state"/{pids,logs,etc}
# A start that fails leaves logs, but nothing running.
trap 'rc=$?; if [ $rc != 0 ]; then "$here/down.sh" "$state" "$bin" --keep; echo "rack not started; logs in $state/logs" >&2; fi' EXIT
t0=${EPOCHREALTIME/./}
say() { local ms=$(( (${EPOCHREALTIME/./} - t0) / 1000 )); printf '%3d.%03ds  %s\n' $((ms / 1000)) $((ms % 1000)) "$*" >&2; }
export KUBECONFIG=$state/kubeconfig
export KWOK_WORKDIR=$state/kwok
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY || true
k() { "$bin/kubectl" --cache-dir "$state/cache" "$@"; }
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { # a port nobody listens on, never handed out twice here
  local p
  while :; do p=$((20000 + RANDOM % 10000)); case " ${taken:-} " in *" $p "*) continue ;; esac; listening $p || break; done
  taken="${taken:-} $p"; port=$p
}

# --- control plane -----------------------------------------------------------
# File paths instead of URLs: kwokctl links them and downloads nothing.
cat > "$state/etc/kwokctl.yaml" <<Y
apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokctlConfiguration
options:
  runtime: binary
  bindAddress: 127.0.0.1
  kubeVersion: v1.35.3
  disableQPSLimits: true
  etcdBinary: $bin/etcd
  kubeApiserverBinary: $bin/kube-apiserver
  kubeControllerManagerBinary: $bin/kube-controller-manager
  kubeSchedulerBinary: $bin/kube-scheduler
  kubectlBinary: $bin/kubectl
  kwokControllerBinary: $bin/kwok
# A pod whose creation fails after its quota was charged stays charged until the next
# sync: five minutes by default, in which a namespace that needs all of its
# quota does not get its last pod.  A claim seen before its volume waits for a sync too,
# fifteen seconds by default.
componentsPatches:
- name: kube-controller-manager
  extraArgs: [{key: resource-quota-sync-period, value: 10s}, {key: pvclaimbinder-sync-period, value: 1s}]
Y
# Pods of Jobs are run by rack-agent: kwok does not complete them, and where the nodes
# say that their kubelets answer, rack-agent does, with the logs.
if [ $bare = 0 ]; then
  free_port; kubelet=$port
  {
    printf -- '- name: kwok-controller\n  extraArgs: [{key: node-port, value: "%s", override: true}]\n' "$kubelet"
    for f in "$bin"/assets/stages/*.yaml; do echo ---; cat "$f"; done
  } >> "$state/etc/kwokctl.yaml"
fi
"$bin/kwokctl" create cluster --name rack --config "$state/etc/kwokctl.yaml" \
  --kubeconfig "$KUBECONFIG" --wait 120s > "$state/logs/kwokctl.log" 2>&1 \
  || { cat "$state/logs/kwokctl.log" >&2; exit 1; }
say "control plane ready"

# --- nodes -------------------------------------------------------------------
cluster_uuid=00000000-0000-4000-8000-000000000072
{
  cat "$here/cluster.yaml"; echo ---
  for i in $(seq 0 $((trays - 1))); do
    sed -e '/^#/d' -e "s/@NODE@/tray-$(printf %02d "$i")/g; s/@SLOT@/$i/g; s/@CLUSTER_UUID@/$cluster_uuid/g" "$here/tray.yaml.in"
  done
  for i in $(seq 0 $((hosts - 1))); do
    sed -e '/^#/d' -e "s/@NODE@/host-$i/g; s/@SLOT@/$i/g" "$here/host.yaml.in"
  done
} > "$state/etc/nodes.yaml"
k create -f "$state/etc/nodes.yaml" > "$state/logs/nodes.log"
k wait node --all --for=condition=Ready --timeout=60s >> "$state/logs/nodes.log"
k get nodes -l nvidia.com/gpu.present=true -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}' \
  | while read -r n uid; do sed -e '/^#/d' -e "s/@NODE@/$n/g; s/@UID@/$uid/g" "$here/slice.yaml.in"; done > "$state/etc/slices.yaml"
k create -f "$state/etc/slices.yaml" >> "$state/logs/nodes.log"
say "$trays trays and $hosts hosts Ready"
if [ $bare = 1 ]; then echo "KUBECONFIG=$KUBECONFIG"; exit 0; fi

# --- CRDs --------------------------------------------------------------------
# create, not apply: several are larger than the annotation that client-side apply
# would write.  Client-side validation is skipped only because it costs a second.
crds=("$bin"/assets/crds/*.yaml)
[ $ray = 1 ] || crds=("$bin"/assets/crds/*x-k8s.io_*.yaml "$bin"/assets/crds/{resource.nvidia.com,monitoring.coreos.com}_*.yaml)
[ $kueue = 0 ] || crds+=("$bin"/assets-kueue/crds/*.yaml)
crds+=("$here/dynamo-crd.yaml")
k create --validate=false $(printf -- '-f %s ' "${crds[@]}") > "$state/logs/crds.log"
# kubectl wait gives up on a CRD whose conditions are still null: ask again.
for n in $(seq 60); do
  if k wait crd --all --for=condition=Established --timeout=60s >> "$state/logs/crds.log" 2>&1; then break; fi
  [ "$n" -lt 60 ] || { tail -3 "$state/logs/crds.log" >&2; exit 1; }
  sleep 0.5
done
say "${#crds[@]} CRDs established"

# --- controllers -------------------------------------------------------------
start() { # start NAME WORKDIR command...
  local name=$1 dir=$2; shift 2
  (cd "$dir" && exec setsid "$@" < /dev/null > "$state/logs/$name.log" 2>&1) &
  echo $! > "$state/pids/$name.pid"
}
until_up() { # until_up NAME PORT
  local n=0
  until listening "$2"; do
    kill -0 "$(cat "$state/pids/$1.pid")" 2>/dev/null || { echo "$1 ended:" >&2; tail -5 "$state/logs/$1.log" >&2; exit 1; }
    n=$((n + 1)); [ $n -lt 600 ] || { echo "$1 does not answer" >&2; exit 1; }; sleep 0.1
  done
}

# LeaderWorkerSet and DisaggregatedSet, with their real admission webhooks.  The
# serving certificate is the one kwokctl made: it is valid for 127.0.0.1.
pki=$KWOK_WORKDIR/clusters/rack/pki
mkdir -p "$state/etc/lws-certs"
cp "$pki/admin.crt" "$state/etc/lws-certs/tls.crt"; cp "$pki/admin.key" "$state/etc/lws-certs/tls.key"
free_port; lws_hook=$port; free_port; lws_health=$port
cat > "$state/etc/lws.yaml" <<Y
apiVersion: config.lws.x-k8s.io/v1alpha1
kind: Configuration
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
webhook: {host: 127.0.0.1, port: $lws_hook, certDir: $state/etc/lws-certs}
health: {healthProbeBindAddress: "127.0.0.1:$lws_health"}
metrics: {bindAddress: "0"}
Y
start lws-manager "$state" "$bin/lws-manager" --config "$state/etc/lws.yaml" --zap-log-level=info

# NVIDIA ComputeDomain controller; it reads templates/ in its working directory.
start compute-domain-controller "$bin/assets" env POD_NAME=simulated NAMESPACE=nvidia-dra-driver-gpu \
  IMAGE_NAME=simulated/compute-domain-daemon:none LOG_VERBOSITY_CD_DAEMON=1 KUBE_API_QPS=200 KUBE_API_BURST=400 \
  "$bin/compute-domain-controller" -v 2

# Stand-in for the kubelet plugin and IMEX daemon of each tray, for the kubelet under
# pods of Jobs, and for the Ray dashboards; the Ray operator reaches the latter as its
# HTTP proxy.
free_port; ray_proxy=$port
# A test writes the URL of a proxy to job-proxy: there the names of pods and services
# resolve for the processes of Jobs.
start rack-agent "$state" "$bin/rack-agent" --kubeconfig "$KUBECONFIG" --ray-proxy "127.0.0.1:$ray_proxy" \
  --job-state "$state/jobs" --job-proxy "$state/job-proxy" \
  --kubelet "127.0.0.1:$kubelet" --kubelet-cert "$pki/admin.crt" --kubelet-key "$pki/admin.key"

if [ $ray = 1 ]; then
  free_port; ray_health=$port
  start ray-operator "$state" env ENABLE_WEBHOOKS=false POD_NAMESPACE=default HTTP_PROXY="http://127.0.0.1:$ray_proxy" NO_PROXY= \
    "$bin/ray-operator" --metrics-addr 0 --health-probe-bind-address "127.0.0.1:$ray_health" --enable-leader-election=false
fi

# Kueue.  It needs its namespace, and LeaderWorkerSet's CRD before it starts.
if [ $kueue = 1 ]; then
  k create namespace kueue-system > "$state/logs/kueue-namespace.log"
  mkdir -p "$state/etc/kueue/metrics-certs"
  cp "$state"/etc/lws-certs/tls.* "$state/etc/kueue/metrics-certs/"
  free_port; kueue_hook=$port; free_port; kueue_health=$port
  sed -e '/^#/d' -e "s/@HOOK_PORT@/$kueue_hook/; s/@HEALTH_PORT@/$kueue_health/; s#@CERTS@#$state/etc/lws-certs#" \
    "$here/kueue/controller.yaml.in" > "$state/etc/kueue/controller.yaml"
  start kueue-manager "$state/etc/kueue" "$bin/kueue-manager" --config "$state/etc/kueue/controller.yaml" --zap-log-level=info
fi

# Webhook rules of a release, pointed at 127.0.0.1 instead of a Service.
webhooks() { # webhooks KUSTOMIZE_DIR PORT
k kustomize "$1" | awk -v url="https://127.0.0.1:$2" -v ca="$(base64 -w0 < "$pki/ca.crt")" '
  function flush() { if (doc ~ /WebhookConfiguration/) printf "---\n%s", doc; doc = "" }
  /^---$/ { flush(); next }
  /^    service:$/ { insvc = 1; next }
  insvc && /^      (name|namespace): / { next }
  insvc && /^      path: / { doc = doc "    url: " url $2 "\n    caBundle: " ca "\n"; insvc = 0; next }
  { insvc = 0; doc = doc $0 "\n" }
  END { flush() }'
}
until_up lws-manager "$lws_hook"
webhooks "$bin/assets/lws-webhook" "$lws_hook" > "$state/etc/lws-webhooks.yaml"
k apply -f "$state/etc/lws-webhooks.yaml" > "$state/logs/webhooks.log"
if [ $kueue = 1 ]; then
  until_up kueue-manager "$kueue_hook"
  webhooks "$bin/assets-kueue/webhook" "$kueue_hook" > "$state/etc/kueue-webhooks.yaml"
  k apply -f "$state/etc/kueue-webhooks.yaml" >> "$state/logs/webhooks.log"
fi
until_up rack-agent "$ray_proxy"
until_up rack-agent "$kubelet"
if [ $ray = 1 ]; then until_up ray-operator "$ray_health"; fi
say "controllers running"
echo "KUBECONFIG=$KUBECONFIG"
