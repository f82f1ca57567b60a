#!/usr/bin/env bash
# usage: ./scripts/services.sh [UPLINK_PORT NODE_PORT...]
#
# Starts the whole cluster on this machine: uplink on 4500, nodes on 4000 4001 4002 4003. Ctrl-C stops it.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/cluster.ts "$@"
