#!/usr/bin/env bash
# Stop everything up.sh started under STATE_DIR.
#
#   down.sh STATE_DIR BIN_DIR [--keep]     (--keep leaves logs and data)
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,4p' "${BASH_SOURCE[0]}"; exit 2; }
[ -d "$1" ] || exit 0
state=$(cd "$1" && pwd -P); bin=$(cd "$2" && pwd -P); keep=${3:-}

# Only processes that still are what we started: the program must live in BIN_DIR
# and the command line or environment must name this state directory.
ours() { # ours PID
  case $(readlink "/proc/$1/exe" 2>/dev/null) in "$bin"/*) ;; *) return 1 ;; esac
  grep -qszF -- "$state" "/proc/$1/environ" "/proc/$1/cmdline"
}
# State and start time of a process, robust against spaces in its name.
stat_of() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; set -- $s; echo "$1 ${20}"; }
alive() { # alive PID START: still that process, and not merely waiting to be reaped
  local st; st=$(stat_of "$1") || return 1
  case $st in
    [ZX]*" $2") set -- "/proc/$1/task"/*; [ $# -gt 1 ] ;; # threads still closing files
    *" $2") true ;;
    *) false ;;
  esac
}
declare -A born=()
for f in "$state"/pids/*.pid "$state"/kwok/clusters/rack/pids/*.pid; do
  [ -e "$f" ] || continue
  p=$(cat "$f"); if ours "$p"; then st=$(stat_of "$p"); born[$p]=${st#* }; fi
done
for f in "$state"/pids/*.pid; do
  [ -e "$f" ] || continue
  p=$(cat "$f"); if ours "$p"; then kill "$p"; fi
done
if [ -d "$state/kwok/clusters/rack" ]; then
  KWOK_WORKDIR=$state/kwok "$bin/kwokctl" delete cluster --name rack --kubeconfig "$state/kubeconfig" > "$state/logs/kwokctl-down.log" 2>&1 \
    || cat "$state/logs/kwokctl-down.log" >&2
fi
# Wait for the ends (a large process closes its ports a little after its memory is
# gone); what has not ended after ten seconds is killed, by process id.
left=()
for _ in $(seq 100); do
  left=(); for p in "${!born[@]}"; do if alive "$p" "${born[$p]}"; then left+=("$p"); fi; done
  [ ${#left[@]} -gt 0 ] || break
  sleep 0.1
done
for p in ${left[@]+"${left[@]}"}; do kill -9 "$p" || true; done
rm -f "$state/kubeconfig" "$state"/pids/*.pid
[ "$keep" = --keep ] || rm -rf "$state"
