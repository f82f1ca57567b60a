/** What is counted of commands: by their names, and never by their keys. */
import { Counter, type Registry } from 'prom-client'
import { tellGauge } from '../../shared/metrics.ts'
import { registerTimings, Timing } from '../../shared/timings.ts'

class CommandCounts {
  ok = 0
  error = 0
  readonly timing = new Timing()
}

export class CommandMetrics {
  readonly #commands = new Map<string, CommandCounts>()
  #total = 0

  constructor(registry: Registry, connections: () => number) {
    const commands = this.#commands
    new Counter({
      name: 'larder_redis_commands_total',
      help: 'Commands of Redis that were answered, by their names and by what came of them: ok or error.',
      labelNames: ['command', 'result'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [command, { ok, error }] of commands) {
          this.inc({ command, result: 'ok' }, ok)
          this.inc({ command, result: 'error' }, error)
        }
      },
    })
    registerTimings(registry, {
      name: 'larder_redis_command_seconds',
      help: 'From the arrival of a command of Redis to its reply.',
      label: 'command',
      all: () => [...commands].map(([command, { timing }]) => [command, timing] as const),
    })
    tellGauge(registry, {
      name: 'larder_redis_connections',
      help: 'Connections on which the protocol of Redis is spoken.',
      read: connections,
    })
  }

  get total(): number {
    return this.#total
  }

  count(command: string, seconds: number, isError: boolean): void {
    let counts = this.#commands.get(command)
    if (counts === undefined) {
      counts = new CommandCounts()
      this.#commands.set(command, counts)
    }
    if (isError) counts.error++
    else counts.ok++
    counts.timing.add(seconds)
    this.#total++
  }
}
