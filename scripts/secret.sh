#!/usr/bin/env bash
# usage: ./scripts/secret.sh [FILE]
#
# Prints a new random CLUSTER_SECRET: 256 bits, as 64 hexadecimal digits. With a FILE, as .env for Docker, it is put there as the
# setting, for nobody else to read, unless there is one in it.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"

secret=$(od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n')
case $# in
  0) echo "$secret" ;;
  1)
    if grep -qs '^CLUSTER_SECRET=.' "$1"; then
      echo "$1 has a CLUSTER_SECRET, which stays." >&2
      exit
    fi
    umask 077
    # The last line may not have ended.
    [[ ! -s $1 || -z $(tail -c 1 "$1") ]] || echo >>"$1"
    echo "CLUSTER_SECRET=$secret" >>"$1"
    ;;
  *)
    echo 'usage: ./scripts/secret.sh [FILE]' >&2
    exit 2
    ;;
esac
