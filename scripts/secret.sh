#!/usr/bin/env bash
# Prints a new random CLUSTER_SECRET: 256 bits, as 64 hexadecimal digits.
set -euo pipefail

od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n'
echo
