#!/usr/bin/env bash
# Measures on this machine, everything in one run.
# usage: ./scripts/bench.sh [SECONDS_A_ROW [ROUNDS]]    requests a second, and the CPU time of each (3 3: a minute)
#        ./scripts/bench.sh disk [ROUNDS]               what readers notice while 100,000 changed keys are written
#        ./scripts/bench.sh reactions                   what a million users on one content cost
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
case "${1:-}" in
  disk | reactions) exec node "scripts/bench-$1.ts" "${@:2}" ;;
  *) exec node scripts/bench.ts "$@" ;;
esac
