#!/usr/bin/env bash
# Measures on this machine; without arguments what requests cost, beside a bare server. Says itself what else it can.
# usage: ./scripts/bench.sh [SECONDS_A_ROW [ROUNDS]]
#        ./scripts/bench.sh soak|memory|overload|latency|disk|reactions [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/bench.ts "$@"
