#!/usr/bin/env bash
# usage: [HOST=127.0.0.1] [API_KEY=...] ./scripts/curl.get.sh PORT
#
# Reads back what curl.post.sh has posted, through the node on the given port: any node answers for any key.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/request.sh"

for file in "$here"/json/*.json; do
  # The files have their key on a line of its own, and nothing in it that JSON would escape.
  key=$(sed -nE 's/^  "key": "?([^"]*[^",])"?,$/\1/p' "$file")
  request --get --data-urlencode "key=$key"
  [[ $answer != *'"data":null'* ]] || {
    echo "nothing is stored for the key $key: $answer" >&2
    exit 1
  }
  echo "$answer"
done
