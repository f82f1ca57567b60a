#!/usr/bin/env bash
# usage: [HOST=127.0.0.1] [API_KEY=...] ./scripts/curl.post.sh PORT
#
# Posts every file of scripts/json to the node on the given port.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/request.sh"

for file in "$here"/json/*.json; do
  request --header 'content-type: application/json' --data-binary "@$file"
  echo "$answer"
done
