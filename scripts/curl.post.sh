#!/usr/bin/env bash
# Posts every file of scripts/json to the node on the given port.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/request.sh"

for file in "$here"/json/*.json; do
  request --header 'content-type: application/json' --data-binary "@$file"
  echo "$answer"
done
