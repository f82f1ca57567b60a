#!/usr/bin/env bash
# usage: ./scripts/siege.sh [DURATION [NODE_URL...]]     default 20S; also 5M, 1H
#
# Sends as many increments as siege can with 200 users, then compares what it counted with the databases.
#
# It starts a cluster of its own for it. Given the URLs of nodes that run already it takes those, and compares with
# the totals that they answer; it leaves 1,000 new counters there. Ends with 0 when nothing failed and all
# totals are right, with 1 when not, with 127 where siege is not installed.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/siege.ts "$@"
