#!/usr/bin/env bash
# usage: ./scripts/record.sh [FILE]     default docs/demo.svg
#
# Records ./scripts/demo.sh --chaos, played on a cluster of its own, as an animated picture.
#
# It takes the ports of services.sh and 4600, for the slow API that the nodes cache, and ends in less than a minute:
# with 1, and without a picture, when the demonstration has failed; with 127 where termtosvg is not installed.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"

if ! command -v termtosvg >/dev/null; then
  echo 'record: termtosvg is not installed; where there is Python 3.10 or newer: pipx install termtosvg-ng' >&2
  exit 127
fi
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
file="${1:-docs/demo.svg}"
source scripts/install.sh

folder="$(mktemp -d)"
stop() {
  kill $(jobs -p) 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap stop EXIT

node scripts/demo-api.ts >"$folder/api.log" 2>&1 &
ROUTES_FILE=scripts/routes.json DATA_DIR="$folder/data" node scripts/cluster.ts >"$folder/cluster.log" 2>&1 &
until grep -q 'Larder is ready' "$folder/cluster.log"; do
  # It gives up by itself when it does not get ready.
  if ! kill -0 $! 2>/dev/null; then
    cat "$folder/cluster.log" >&2
    exit 1
  fi
  sleep 0.2
done

# What is recorded: a command that somebody has typed, without the cursor, and what it says.
cat >"$folder/scene.sh" <<SCENE
printf '\033[?25l\$ ./scripts/demo.sh --chaos\n'
./scripts/demo.sh --chaos && touch '$folder/played'
SCENE
# termtosvg ends when there is nothing more to read, as is so where it does not run on a terminal.
mkfifo "$folder/keyboard"
termtosvg record "$folder/demo.cast" --screen-geometry 90x31 --command "bash $folder/scene.sh" 0<>"$folder/keyboard"
if [[ ! -e $folder/played ]]; then
  echo 'record: the demonstration has failed, so there is no new picture.' >&2
  exit 1
fi
mkdir -p "$(dirname "$file")"
termtosvg render "$folder/demo.cast" "$file" --template window_frame --max-frame-duration 2000 --loop-delay 6000
