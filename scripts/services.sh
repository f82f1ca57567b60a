#!/usr/bin/env bash
# Starts the whole cluster on this machine: uplink on 4500, nodes on 4000 4001 4002 4003. Ctrl-C stops it.
# Other ports: ./scripts/services.sh UPLINK_PORT NODE_PORT...
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
exec node scripts/cluster.ts "$@"
