#!/usr/bin/env bash
# usage: ./scripts/test.sh
#
# Everything that has to pass: types, lint and format, the tests, and the client with those whom its adapters serve.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
# Hundreds of processes are started here: each takes half as long where all that it loads is compiled already.
export NODE_COMPILE_CACHE="$PWD/node_modules/.cache/compiled"
npm run check
npm test

# Their packages are many and need nobody else, so that they are the client's own.
if [[ client/package-lock.json -nt client/node_modules/.package-lock.json ]]; then
  npm ci --prefix client --ignore-scripts --no-audit --no-fund >&2
fi
npm test --prefix client
