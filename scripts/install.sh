# Sourced by the scripts that run TypeScript: brings the dependencies, and with them the right Node, into PATH.
#
# The machine needs only bash and npm: one of the packages is Node 26 itself. Expects the top of the
# repository as the current directory.

# An interrupted install leaves no .package-lock.json, so that it is done again.
if [[ package-lock.json -nt node_modules/.package-lock.json ]]; then
  if ! command -v npm >/dev/null; then
    echo 'npm is needed to install the dependencies: get it with Node.js 20 or newer.' >&2
    exit 1
  fi
  echo 'Installing the dependencies (npm ci) ...' >&2
  npm ci --no-audit --no-fund >&2
fi

export PATH="$PWD/node_modules/.bin:$PATH"

# What runs TypeScript as it is, and has all that is used of the language: Node 24.2 and newer.
if ! node --eval 'const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 24 || (major === 24 && minor >= 2) ? 0 : 1)'; then
  echo "Node 24.2 or newer is needed, and this is $(node --version 2>/dev/null || echo none)." >&2
  echo 'npm ci brings Node 26 for Linux and macOS as an optional dependency: if npm is told to omit those' >&2
  echo '(npm config get omit), allow them and remove node_modules, or install a newer Node.' >&2
  exit 1
fi
