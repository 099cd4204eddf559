#!/usr/bin/env bash
# Bring back Nodes of the rack that were deleted, with their ResourceSlices.
#
#   mend.sh STATE_DIR BIN_DIR
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,4p' "${BASH_SOURCE[0]}"; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P); state=$(cd "$1" && pwd -P); bin=$(cd "$2" && pwd -P)
export KUBECONFIG=$state/kubeconfig
k() { "$bin/kubectl" --cache-dir "$state/cache" "$@"; }
k create -f "$state/etc/nodes.yaml" 2> "$state/logs/mend.log" || true # those that exist complain
have=$(k get resourceslices -o name)
k get nodes -l nvidia.com/gpu.present=true -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}' | while read -r n uid; do
  case $have in *"/$n-compute-domain.nvidia.com"*) continue ;; esac
  sed -e '/^#/d' -e "s/@NODE@/$n/g; s/@UID@/$uid/g" "$here/slice.yaml.in" | k create -f -
done
