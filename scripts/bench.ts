/** Measures on this machine what requests cost and what becomes of a node under load; each prints tables in Markdown. */
import { measureBodies } from './bench/bodies.ts'
import { measureBudgets } from './bench/budget.ts'
import { measureClient } from './bench/client.ts'
import { findCores } from './bench/cores.ts'
import { measureDisk } from './bench/disk.ts'
import { measureEngine } from './bench/engine.ts'
import { measureHits } from './bench/hits.ts'
import { measureLatency } from './bench/latency.ts'
import { machineLines } from './bench/machine.ts'
import { measureManyKeys } from './bench/many-keys.ts'
import { measureMemory } from './bench/memory.ts'
import { kindOf, measureOverload } from './bench/overload.ts'
import { measureReactions } from './bench/reactions.ts'
import { measureRedis } from './bench/redis.ts'
import { measureRequests } from './bench/requests.ts'
import { measureSoak } from './bench/soak.ts'
import type { StandOptions } from './bench/stand.ts'
import { measureTurns } from './bench/turns.ts'
import { measureWatch } from './bench/watch.ts'
import { showHelp } from './help.ts'

const DEFAULT_PORT = 4590
const USAGE = `usage: ./scripts/bench.sh [SECONDS_A_ROW [ROUNDS]]       what requests cost, beside a bare server (2 5: six minutes)
       ./scripts/bench.sh soak [MINUTES]                 the memory of a node under load (10)
       ./scripts/bench.sh memory [ENTRIES [REACTIONS]]   what entries take, beside Redis (1000000 1000000)
       ./scripts/bench.sh budget [SECONDS]               what is resident beside what MAX_BYTES counts, of 8, 64 and 512 MiB (60)
       ./scripts/bench.sh overload [KIND [SECONDS]]      three times what it can do of batch, post or get (batch 5)
       ./scripts/bench.sh latency [SECONDS_A_ROW [RATE]] how long they take at a rate, and in parts of what can be served (5)
       ./scripts/bench.sh client [SECONDS_A_ROW [ROUNDS]] the client, beside ioredis with auto-pipelining (2 3: three minutes)
       ./scripts/bench.sh bodies [SECONDS [ROUNDS]]      what readers notice while bodies of 8 MiB arrive (2 3)
       ./scripts/bench.sh disk [ROUNDS]                  what readers notice while 100,000 changed keys are written (5)
       ./scripts/bench.sh turns [ENTRIES]                what others notice while so many end together, and move (200000)
       ./scripts/bench.sh keys [KEYS [SECONDS]]          what others notice while so many are listed, and forgotten (1000000 10)
       ./scripts/bench.sh reactions                      what a million users on one content cost
       ./scripts/bench.sh watch [WATCHERS [PER_SECOND]]  what watching costs, and how soon all are told (1000 10)
       ./scripts/bench.sh hits [SECONDS_A_ROW [ROUNDS]]  what a cached response costs, beside nginx (2 5)
       ./scripts/bench.sh redis [REQUESTS [ROUNDS]]      what commands of Redis cost, beside a bare server and Redis (100000 5)
       ./scripts/bench.sh engine [SECONDS_A_ROW [ROUNDS]] a node over one Redis, beside Webdis and redis-benchmark (2 3)

The ports are those from PORT on (${DEFAULT_PORT}).`

showHelp(process.argv.slice(2), USAGE)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
const port = Number(process.env['PORT'] ?? DEFAULT_PORT)
const options: StandOptions = { cores: findCores(), port, interrupted: interrupted.signal }
const measure = understand(process.argv.slice(2))

let code = 1
console.log(machineLines(options.cores).join('\n'))
try {
  const text = await measure()
  progress('')
  console.log(text)
  code = 0
} catch (error) {
  progress('')
  const problem = error instanceof Error ? (error.stack ?? error.message) : error
  console.error(`bench: ${interrupted.signal.aborted ? 'interrupted' : problem}`)
}
process.exit(code)

function understand(args: readonly string[]): () => Promise<string> {
  try {
    return commandOf(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}

function commandOf([first = '2', ...rest]: readonly string[]): () => Promise<string> {
  const [second, third] = rest
  const number = (text: string | undefined, fallback: number) => numberIn(text, fallback)
  switch (first) {
    case 'soak': {
      const minutes = number(second, 10)
      return () => measureSoak(options, { minutes, progress })
    }
    case 'memory': {
      const [entries, reactions] = [number(second, 1e6), number(third, 1e6)]
      return () => measureMemory(options, { entries, reactions, progress })
    }
    case 'budget': {
      const seconds = number(second, 60)
      return () => measureBudgets(options, { seconds, progress })
    }
    case 'overload': {
      const [kind, seconds] = [kindOf(second ?? 'batch'), number(third, 5)]
      return () => measureOverload(options, { kind, seconds, progress })
    }
    case 'latency': {
      const [seconds, perSecond] = [number(second, 5), third === undefined ? undefined : number(third, 0)]
      return () => measureLatency(options, { seconds, perSecond, progress })
    }
    case 'client': {
      const [seconds, rounds] = [number(second, 2), number(third, 3)]
      return () => measureClient(options, { seconds, rounds, progress })
    }
    case 'bodies': {
      const [seconds, rounds] = [number(second, 2), number(third, 3)]
      return () => measureBodies(options, { seconds, rounds, progress })
    }
    case 'disk': {
      const rounds = number(second, 5)
      return () => measureDisk(options, { rounds, progress })
    }
    case 'turns': {
      const entries = number(second, 200_000)
      return () => measureTurns(options, { entries, progress })
    }
    case 'keys': {
      const [count, seconds] = [number(second, 1e6), number(third, 10)]
      return () => measureManyKeys(options, { count, seconds, progress })
    }
    case 'watch': {
      const [watchers, perSecond] = [number(second, 1000), number(third, 10)]
      return () => measureWatch(options, { watchers, perSecond, seconds: 5, rounds: 3, progress })
    }
    case 'hits': {
      const [seconds, rounds] = [number(second, 2), number(third, 5)]
      return () => measureHits(options, { seconds, rounds, progress })
    }
    case 'redis': {
      const [requests, rounds] = [number(second, 100_000), number(third, 5)]
      return () => measureRedis(options, { requests, rounds, progress })
    }
    case 'engine': {
      const [seconds, rounds] = [number(second, 2), number(third, 3)]
      return () => measureEngine(options, { seconds, rounds, progress })
    }
    case 'reactions':
      return () => measureReactions(options, progress)
    default: {
      const [seconds, rounds] = [number(first, 2), number(second, 5)]
      return () => measureRequests(options, { seconds, rounds, progress })
    }
  }
}

function numberIn(text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback)
  if (text !== '' && value > 0 && value < 1e9) return value
  throw new Error(`${text}: a number above 0 is needed`)
}

/** In one line, which the next replaces. */
/** On a terminal, where it is gone again with the next. */
function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${what.padEnd(78)}\r`)
}
