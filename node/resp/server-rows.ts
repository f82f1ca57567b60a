/** What is told of the server, as clients and dashboards of Redis ask for it; what cannot be set here is taken and does nothing. */
import { integerAt, optionAt, textAt } from './arguments.ts'
import { REDIS_VERSION } from './connecting.ts'
import { ReplyError, SYNTAX, unknownSubcommand } from './errors.ts'
import { globOf } from './glob.ts'
import type { Call, Row } from './row.ts'
import { MapReply, OK, type Reply, Verbatim } from './writer.ts'

const server = { group: 'server', does: 'nothing' } as const

export const SERVER_ROWS: readonly Row[] = [
  { ...server, name: 'info', arity: -1, run: info },
  { ...server, name: 'config', arity: -2, subcommands: ['get', 'set', 'resetstat'], run: config },
  { ...server, name: 'time', arity: 1, run: time },
  { ...server, name: 'function', arity: -2, subcommands: ['flush'], run: functions },
  { group: 'connection', name: 'readonly', arity: 1, does: 'nothing', run: () => OK },
  { group: 'connection', name: 'readwrite', arity: 1, does: 'nothing', run: () => OK },
  { group: 'generic', name: 'wait', arity: 3, does: 'all', run: wait },
]

function time({ execution }: Call): Reply {
  const nowMs = execution.wallMs()
  return [String(Math.floor(nowMs / 1000)), String((nowMs % 1000) * 1000)]
}

/** Whatever was acknowledged is in all copies that can be reached. */
function wait({ words, execution }: Call): Reply {
  integerAt(words, 1)
  integerAt(words, 2, { min: 0, error: 'ERR timeout is negative' })
  return execution.backend.copiesElsewhere
}

function functions({ words }: Call): Reply {
  if (optionAt(words, 1) !== 'FLUSH') throw unknownSubcommand('function', textAt(words, 1))
  if (words.length > 3 || (words.length === 3 && !/^A?SYNC$/.test(optionAt(words, 2))))
    throw new ReplyError(SYNTAX)
  return OK
}

function config(call: Call): Reply {
  const { words } = call
  switch (optionAt(words, 1)) {
    case 'GET':
      if (words.length < 3) throw new ReplyError("ERR wrong number of arguments for 'config|get' command")
      return settingsOf(call)
    case 'SET':
      if (words.length < 4 || words.length % 2 !== 0)
        throw new ReplyError("ERR wrong number of arguments for 'config|set' command")
      return OK
    case 'RESETSTAT':
      return OK
    default:
      throw unknownSubcommand('config', textAt(words, 1))
  }
}

function settingsOf({ words, execution }: Call): Reply {
  const { bytesMax, connectionsMax, port } = execution.server
  const settings: Readonly<Record<string, string | number>> = {
    appendonly: 'no',
    databases: 1,
    maxclients: Number.isFinite(connectionsMax) ? connectionsMax : 10_000,
    maxmemory: bytesMax,
    'maxmemory-policy': 'allkeys-lru',
    port,
    'proto-max-bulk-len': 536_870_912,
    save: '',
    timeout: 0,
  }
  const patterns = words.slice(2).map((word) => globOf(word.toString('latin1').toLowerCase()))
  const asked = Object.entries(settings).filter(([name]) => patterns.some((matches) => matches(name)))
  return new MapReply(asked.map(([name, value]) => [name, String(value)]))
}

type Facts = Readonly<Record<string, string | number>>

/** All sections unless some are named; what is not known is left out, as Redis does it. */
function info({ words, execution }: Call): Reply {
  const { server, backend } = execution
  const nowMs = execution.wallMs()
  const sections = sectionsOf(server, { copies: backend.copiesElsewhere, nowMs })
  const asked = words.slice(1).map((word) => word.toString('latin1').toLowerCase())
  const isAll = asked.length === 0 || asked.some((name) => /^(?:all|default|everything)$/.test(name))
  const told = Object.entries(sections).filter(([name]) => isAll || asked.includes(name.toLowerCase()))
  const text = told.map(([name, facts]) => {
    const lines = Object.entries(facts).map(([field, value]) => `${field}:${value}\r\n`)
    return `# ${name}\r\n${lines.join('')}`
  })
  return new Verbatim(text.join('\r\n'))
}

function sectionsOf(
  {
    version,
    runId,
    port,
    startedAtMs,
    bytesMax,
    sessions,
    connectionsMax,
    counts,
    notReady,
  }: Call['execution']['server'],
  { copies, nowMs }: { readonly copies: number; readonly nowMs: number },
): Readonly<Record<string, Facts>> {
  const upSeconds = Math.max(0, Math.floor((nowMs - startedAtMs) / 1000))
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return {
    Server: {
      redis_version: REDIS_VERSION,
      larder_version: version,
      redis_mode: 'standalone',
      os: process.platform,
      arch_bits: 64,
      process_id: process.pid,
      run_id: runId,
      tcp_port: port,
      uptime_in_seconds: upSeconds,
      uptime_in_days: Math.floor(upSeconds / 86_400),
    },
    Clients: {
      connected_clients: sessions.size,
      maxclients: Number.isFinite(connectionsMax) ? connectionsMax : 10_000,
      blocked_clients: 0,
    },
    Memory: {
      used_memory: heapUsed + external,
      used_memory_rss: rss,
      maxmemory: bytesMax,
      maxmemory_policy: 'allkeys-lru',
    },
    Persistence: { loading: notReady === undefined ? 0 : 1, rdb_changes_since_last_save: 0, aof_enabled: 0 },
    Stats: { total_connections_received: counts.connections, total_commands_processed: counts.commands },
    Replication: { role: 'master', connected_slaves: copies },
    CPU: { used_cpu_sys: system / 1e6, used_cpu_user: user / 1e6 },
    Cluster: { cluster_enabled: 0 },
    Keyspace: {},
  }
}
