#!/usr/bin/env bash
# usage: ./scripts/test.sh
#
# Everything that has to pass: types, lint and format, then the tests.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
# Hundreds of processes are started here: each takes half as long where all that it loads is compiled already.
export NODE_COMPILE_CACHE="$PWD/node_modules/.cache/compiled"
npm run check
npm test
