#!/usr/bin/env bash
# usage: ./scripts/bench.sh [SECONDS_A_ROW [ROUNDS]]
#        ./scripts/bench.sh soak|memory|overload|latency|client|disk|reactions|redis|engine [ARGUMENT...]
#
# Measures on this machine; without arguments what requests cost, beside a bare server. Says itself what else it can.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/bench.ts "$@"
