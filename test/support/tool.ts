/** Programs that some tests need and not every machine has. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Debian keeps some in sbin, and Go is in a folder of its own, which are not in everyone's PATH. */
export const TOOL_PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin:/usr/local/go/bin`

/** How those are asked that do not know `--version`. */
const ASKED: Readonly<Record<string, string>> = { go: 'version', haproxy: '-v', openssl: 'version' }

type Tool =
  | 'curl'
  | 'go'
  | 'haproxy'
  | 'openssl'
  | 'python3'
  | 'redis-benchmark'
  | 'redis-cli'
  | 'redis-server'
  | 'siege'
  | 'sqlite3'

export function hasTool(name: Tool): boolean {
  return spawnSync(name, [ASKED[name] ?? '--version'], { env: { PATH: TOOL_PATH } }).error === undefined
}

/** Skips what needs a program where there is none. In CI that fails instead: there it must not go unnoticed. */
export function needTool(context: Mocha.Context, name: Tool): void {
  if (!hasTool(name)) skipWithout(context, name)
}

/** As where a program that is needed is not found. */
export function skipWithout(context: Mocha.Context, name: string): void {
  if (process.env['CI']) throw new Error(`${name} is not installed`)
  process.stderr.write(`skipped, as ${name} is not installed: ${context.test?.parent?.fullTitle()}\n`)
  context.skip()
}

const ROOT = join(import.meta.dirname, '..', '..')

/** What is named so, or what `scripts/client-tools.sh` has brought. */
export const VALKEY_SERVER =
  process.env['VALKEY_SERVER'] ?? join(ROOT, 'node_modules', '.cache', 'client-tools', 'valkey-server')

export function needValkey(context: Mocha.Context): void {
  if (!existsSync(VALKEY_SERVER)) skipWithout(context, 'valkey-server (by ./scripts/client-tools.sh)')
}
