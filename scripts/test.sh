#!/usr/bin/env bash
# Everything that has to pass: types, lint and format, then the tests.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
npm run check
npm test
