#!/usr/bin/env bash
# Measures requests a second and CPU time a request, everything in one run on this machine.
# usage: ./scripts/bench.sh [SECONDS_A_ROW [ROUNDS]]     default 3 seconds, 3 rounds: about a minute
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/bench.ts "$@"
