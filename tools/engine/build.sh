#!/usr/bin/env bash
# Build the programs of the engine and of the simulated rack from Go modules.
#
#   build.sh [--outdated] BIN_DIR [program ...]
#
# Programs already built from the same inputs (go.mod, go.sum, main.go, flags,
# Go version) are skipped.  With no program named, all are built but Kueue's
# (kueue-manager, assets-kueue), which only `rack up --kueue` wants.
# With --outdated nothing is built: the programs that would be are listed.
# `assets` are the CRDs, webhook rules and templates that the rack loads.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
outdated=0; if [ "${1:-}" = --outdated ]; then outdated=1; shift; fi
[ $# -ge 1 ] || { sed -n '2,11p' "${BASH_SOURCE[0]}"; exit 2; }
mkdir -p "$1"
bin=$(cd "$1" && pwd -P); shift
stamps=$bin/.stamps; mkdir -p "$stamps"
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -buildvcs=false" GOTOOLCHAIN=local GOWORK=off

kube_version=v1.35.3
kube_ld="-X k8s.io/component-base/version.gitVersion=$kube_version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35 -X k8s.io/component-base/version.gitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=$kube_version"
prov_ld="-X github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.25.0"

prom_version=3.13.5

# program | world | package | extra linker flags
table() { cat <<T
pulumi|pulumi|github.com/pulumi/pulumi/pkg/v3/cmd/pulumi|
pulumi-language-nodejs|language-nodejs|github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs|
pulumi-resource-kubernetes|provider-kubernetes|.|$prov_ld
etcd|etcd|go.etcd.io/etcd/server/v3|
kube-apiserver|kubernetes|k8s.io/kubernetes/cmd/kube-apiserver|$kube_ld
kube-controller-manager|kubernetes|k8s.io/kubernetes/cmd/kube-controller-manager|$kube_ld
kube-scheduler|kubernetes|k8s.io/kubernetes/cmd/kube-scheduler|$kube_ld
kubectl|kubernetes|k8s.io/kubernetes/cmd/kubectl|$kube_ld
kwok|kwok|sigs.k8s.io/kwok/cmd/kwok|
kwokctl|kwok|sigs.k8s.io/kwok/cmd/kwokctl|
lws-manager|lws|sigs.k8s.io/lws/cmd|
compute-domain-controller|compute-domain|sigs.k8s.io/dra-driver-nvidia-gpu/cmd/compute-domain-controller|
ray-operator|kuberay|github.com/ray-project/kuberay/ray-operator|
rack-agent|rack-agent|.|
kueue-manager|kueue|.|
promtool|promtool|github.com/prometheus/prometheus/cmd/promtool|-X github.com/prometheus/common/version.Version=$prom_version
T
}

# A scratch copy of a world, so the checked-in go.mod/go.sum are never written to.
scratch=$(mktemp -d); trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
world_dir() {
  local w=$scratch/$1
  if [ ! -d "$w" ]; then
    mkdir -p "$w"; cp "$here/worlds/$1"/* "$w/"
    case $1 in
      provider-kubernetes)
        # The provider embeds its own schema; take it from the module it belongs to.
        local m; m=$(cd "$w" && go mod download -json github.com/pulumi/pulumi-kubernetes/provider/v4 | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
        install -m 0644 "$m/cmd/pulumi-resource-kubernetes/schema.json" "$w/schema.json" ;;
      compute-domain)
        # The controller opens its object templates under /templates (a path of
        # its container image).  Build from a copy whose three paths are relative
        # to the working directory; nothing else is changed.
        local m; m=$(cd "$w" && go mod download -json sigs.k8s.io/dra-driver-nvidia-gpu | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
        cp -r "$m" "$w/src"; chmod -R u+w "$w/src"
        sed -i 's#"/templates/compute-domain-#"templates/compute-domain-#' "$w"/src/cmd/compute-domain-controller/*.go
        [ "$(grep -l '"templates/compute-domain-' "$w"/src/cmd/compute-domain-controller/*.go | wc -l)" -ge 1 ]
        (cd "$w" && go mod edit -replace=sigs.k8s.io/dra-driver-nvidia-gpu=./src) ;;
      kueue)
        # Without its own certificate management Kueue opens a metrics certificate
        # under an absolute path, even with metrics off.  Its main package, with
        # that one path made relative to the working directory; all else unchanged.
        local m; m=$(cd "$w" && go mod download -json sigs.k8s.io/kueue | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
        sed 's#"/etc/kueue/metrics/certs"#"metrics-certs"#' "$m/cmd/kueue/main.go" > "$w/main.go"
        [ "$(grep -c '"metrics-certs"' "$w/main.go")" = 1 ] ;;
    esac
  fi
}

# current NAME KEY FILE: says so and succeeds when there is nothing to do for NAME.
current() {
  if [ -x "$3" ] && [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; then
    [ $outdated = 1 ] || printf '%-28s up to date\n' "$1"
  elif [ $outdated = 1 ]; then echo "$1"
  else printf '%-28s building\n' "$1"; return 1; fi
}

# Files the running rack needs beside the programs: CRDs (of Prometheus' operator those of
# rules and monitors; the operator itself is not here), LWS webhook rules, the
# compute-domain object templates and the stages of simulated nodes and pods, straight
# from the modules of the worlds.  Of kwok's stages the one that completes pods of Jobs
# is left out: rack-agent runs those.
module_dir() { (cd "$here/worlds/$1" && go mod download -json "$2" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p'); }
assets() {
  local key a=$bin/assets lws dra ray kwok prom
  key=$({ cat "$here"/worlds/{lws,compute-domain,kuberay,kwok,prometheus-operator}/go.mod; declare -f assets; } | sha256sum | cut -d' ' -f1)
  if current assets "$key" "$a"; then return; fi
  lws=$(module_dir lws sigs.k8s.io/lws)
  dra=$(module_dir compute-domain sigs.k8s.io/dra-driver-nvidia-gpu)
  ray=$(module_dir kuberay github.com/ray-project/kuberay/ray-operator)
  kwok=$(module_dir kwok sigs.k8s.io/kwok)/kustomize/stage
  prom=$(module_dir prometheus-operator github.com/prometheus-operator/prometheus-operator)
  rm -rf "$a"; mkdir -p "$a/crds" "$a/templates" "$a/lws-webhook" "$a/stages"
  install -m 0644 "$kwok"/node/fast/node-initialize.yaml "$kwok"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
    "$kwok"/pod/fast/pod-ready.yaml "$kwok"/pod/fast/pod-delete.yaml "$a/stages/"
  install -m 0644 "$lws"/config/crd/bases/*.yaml "$dra"/deployments/helm/dra-driver-nvidia-gpu/crds/*.yaml "$ray"/config/crd/bases/*.yaml "$a/crds/"
  install -m 0644 "$prom"/example/prometheus-operator-crd/monitoring.coreos.com_{prometheusrules,podmonitors}.yaml "$a/crds/"
  install -m 0644 "$dra"/templates/compute-domain-*.yaml "$dra"/templates/compute-domain-*.cfg "$a/templates/"
  install -m 0644 "$lws"/config/webhook/*.yaml "$a/lws-webhook/"
  echo "$key" > "$stamps/assets"; printf '%-28s collected\n' assets
}

# Kept apart, because only `rack up --kueue` wants them.  The prefix is the one
# of Kueue's own default installation; webhooks run in the order of their names.
assets_kueue() {
  local key a=$bin/assets-kueue kueue
  key=$(cat "$here/worlds/kueue/go.mod" "${BASH_SOURCE[0]}" | sha256sum | cut -d' ' -f1)
  if current assets-kueue "$key" "$a"; then return; fi
  kueue=$(module_dir kueue sigs.k8s.io/kueue)
  rm -rf "$a"; mkdir -p "$a/crds" "$a/webhook/base"
  install -m 0644 "$kueue"/config/components/crd/bases/*.yaml "$a/crds/"
  install -m 0644 "$kueue"/config/components/webhook/*.yaml "$a/webhook/base/"
  printf 'namespace: kueue-system\nnamePrefix: kueue-\nresources: [base]\n' > "$a/webhook/kustomization.yaml"
  echo "$key" > "$stamps/assets-kueue"; printf '%-28s collected\n' assets-kueue
}

want=("$@")
wanted() { # wanted NAME
  if [ ${#want[@]} -gt 0 ]; then case " ${want[*]} " in *" $1 "*) ;; *) return 1 ;; esac
  else case $1 in kueue-manager | assets-kueue) return 1 ;; esac; fi
}
go=$(go version)
if wanted assets; then assets; fi
if wanted assets-kueue; then assets_kueue; fi
table | while IFS='|' read -r prog world pkg ld; do
  wanted "$prog" || continue
  key=$( { echo "$go"; echo "$prog|$pkg|$ld"; cat "$here/worlds/$world"/*; [ "$world" = compute-domain ] && echo relative-templates; [ "$world" = kueue ] && echo relative-metrics-certs; [ "$world" = promtool ] && echo no-discovery; true; } | sha256sum | cut -d' ' -f1)
  if current "$prog" "$key" "$bin/$prog"; then continue; fi
  world_dir "$world"
  t=$SECONDS
  # The provider links Pulumi's whole Kubernetes SDK, which takes two thirds of its build
  # and runs for milliseconds: compiled without optimisation it takes a third less.
  gc=(); [ "$world" != provider-kubernetes ] || gc=(-gcflags='github.com/pulumi/pulumi-kubernetes/sdk/v4/...=-N -l')
  # Nothing that promtool is used for here discovers targets; without the clouds it takes half as long.
  tags=(); [ "$world" != promtool ] || tags=(-tags remove_all_sd)
  (cd "$scratch/$world" && go build -trimpath ${gc[@]+"${gc[@]}"} ${tags[@]+"${tags[@]}"} -ldflags "-s -w $ld" -o "$bin/.$prog.new" "$pkg")
  mv -f "$bin/.$prog.new" "$bin/$prog"; echo "$key" > "$stamps/$prog"
  printf '%-28s built in %ds, %d MB\n' "$prog" $((SECONDS - t)) $(( $(wc -c < "$bin/$prog") / 1000000 ))
done
