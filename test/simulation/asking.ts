/** One command, asked of one member as its HTTP door would, and what a client makes of what comes back. */
import type { Command, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Ledger } from './ledger.ts'
import { type Life, WAIT_MAX_MS } from './life.ts'
import type { World } from './world.ts'

export type Result = { readonly reply: Reply } | { readonly failed: string } | { readonly unknown: string }

/**
 * How far beyond its deadline a command may be answered: what was applied in time still waits for the replicas, a
 * second for each who is silent, and for a view that tells of others.
 */
const GRACE_MS = 3000

/** With these nothing was carried out. */
const NOT_APPLIED: readonly string[] = ['WRONG_OWNER', 'REFUSED', 'NOT_READY', 'OVERLOADED', 'MEMORY_FULL']

export interface Asking {
  readonly world: World
  readonly ledger: Ledger
}

export async function ask({ world, ledger }: Asking, life: Life, command: Command): Promise<Result> {
  const { host } = life
  const startedAtMs = world.nowMs
  const stops = host.stops
  const wasRunning = host.isRunning
  const { promise, resolve } = Promise.withResolvers<Result>()
  const death = host.onDeath(() => resolve({ unknown: 'it died' }))
  const patience = world.after(WAIT_MAX_MS + GRACE_MS, () => {
    if (wasRunning && host.stops === stops)
      ledger.find(
        `${command.type} ${keyOf(command)} through ${life.incarnation}: no answer long after its deadline`,
      )
    resolve({ unknown: 'no answer' })
  })
  // A process that is stopped takes it in when it goes on.
  host.receive(() => {
    const options = { deadlineAtMs: host.now() + WAIT_MAX_MS, requestId: 'simulated', traced: false }
    void Promise.try(() => life.execute(command, options)).then(
      (reply) => resolve({ reply }),
      (error) => resolve(failure(ledger, command, error)),
    )
  })
  const result = await promise
  death.cancel()
  patience.cancel()
  if (host.stops === stops)
    ledger.latestMs = Math.max(ledger.latestMs, world.nowMs - startedAtMs - WAIT_MAX_MS)
  if (world.isTold)
    world.tell(`${command.type} ${describe(command)} through ${life.incarnation}: ${JSON.stringify(result)}`)
  return result
}

function failure(ledger: Ledger, command: Command, error: unknown): Result {
  if (!(error instanceof LarderError) || error.code === 'INTERNAL') {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    ledger.find(`${command.type} ${keyOf(command)} ended with ${what}`)
    return { unknown: 'INTERNAL' }
  }
  return NOT_APPLIED.includes(error.code) ? { failed: error.code } : { unknown: error.code }
}

function keyOf(command: Command): string {
  return 'key' in command ? command.key : JSON.stringify(command)
}

function describe(command: Command): string {
  const key = keyOf(command)
  if (command.type === 'value.set') return `${key} = ${command.body}`
  if (command.type === 'counter.add')
    return `${key} + ${command.by}${command.idempotencyKey ? ` once as ${command.idempotencyKey}` : ''}`
  return 'user' in command ? `${key} ${command.user}` : key
}
