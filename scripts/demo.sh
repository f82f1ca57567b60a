#!/usr/bin/env bash
# usage: [API_KEY=...] ./scripts/demo.sh [--chaos] [URL [SECONDS]]     default http://127.0.0.1:4000, any node, and 25
#
# Plays a busy kitchen on a running cluster, and checks at the end that the cluster has counted it right.
#
# It goes on while nodes are killed, stopped and started, one at a time; with --chaos it kills one itself.
# It leaves three counters; all else that it adds ends by itself. It may be played again at once.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/demo.ts "$@"
