#!/usr/bin/env bash
# usage: ./scripts/secret.sh
#
# Prints a new random CLUSTER_SECRET: 256 bits, as 64 hexadecimal digits.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"

od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n'
echo
