#!/usr/bin/env bash
# usage: ./scripts/dev.sh PORT NAME
#
# Starts one more node, which joins the uplink on 4500 (or at UPLINK_URL), or starts that uplink as well.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"

usage() {
  echo "$1
usage: $0 PORT NAME     e.g. $0 4000 foo
  PORT  1 to 65535
  NAME  of the node: letters, digits and . : _ - [ ], at most 128" >&2
  exit 2
}

[[ $# -eq 2 ]] || usage "two arguments are needed, not $#"
[[ $1 =~ ^[1-9][0-9]{0,4}$ && $1 -le 65535 ]] || usage "no port: $1"
[[ $2 =~ ^[][A-Za-z0-9_.:-]{1,128}$ ]] || usage "no name for a node: $2"

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/install.sh
exec node scripts/dev.ts "$@"
