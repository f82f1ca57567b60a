/**
 * Increments that count once, however often they are sent: the first answer is kept beside the counter, in a
 * register that ends after ten minutes, and is given again.
 *
 * Counter and register change in one step, so that whoever keeps one of them keeps both.
 */
import type { Command } from '../../shared/command.ts'
import type { Counter } from './counter.ts'
import { liveValue, type Register } from './register.ts'
import type { Applied, Moment } from './verbs.ts'

const REMEMBERED_MS = 600_000

type Add = Extract<Command, { type: 'counter.add' }>

export function answerOf(record: Register | undefined, nowMs: number): string | undefined {
  const body = liveValue(record, nowMs)?.body
  return typeof body === 'string' ? body : undefined
}

/** The register that remembers this answer; `undefined` where there is nothing to remember. */
export function recordOf(command: Add, { outcome }: Applied<Counter>, moment: Moment): Register | undefined {
  if (command.idempotencyKey === undefined || outcome.type !== 'total') return undefined
  const value = { contentType: 'text/plain', body: outcome.value }
  return { kind: 'register', stamp: moment.stamp(), value, endsAtMs: moment.nowMs + REMEMBERED_MS }
}
