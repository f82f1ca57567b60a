/**
 * Increments that count once, however often they are sent: the first answer is kept beside the counter, in a
 * register that ends after ten minutes, and is given again.
 *
 * Counter and register change in one step, so that whoever keeps one of them keeps both. The register also says which
 * increment it is about, `<answer> <by> <change of the counter>`, to find out where two were counted.
 */
import type { Command, Outcome } from '../../shared/command.ts'
import { type Counter, compareWrites } from './counter.ts'
import { counterOf, counterText } from './counter-text.ts'
import type { Either } from './either.ts'
import { liveValue, type Register } from './register.ts'
import { compareStamps } from './stamp.ts'
import type { Applied, Moment } from './verbs.ts'
import { voidOf } from './voids.ts'

const REMEMBERED_MS = 600_000

type Add = Extract<Command, { type: 'counter.add' }>

/** The first answer, with what is left of the counter that it is of, if that is still `standing`. */
export function answerOf(
  record: Register | undefined,
  standing: Either | undefined,
  nowMs: number,
): Extract<Outcome, { type: 'total' }> | undefined {
  const body = liveValue(record, nowMs)?.body
  if (typeof body !== 'string') return undefined
  const answer = { type: 'total', value: firstAnswer(body) } as const
  const endsAtMs = standing?.kind === 'counter' ? (standing.end?.endsAtMs ?? Infinity) : Infinity
  const [, , ...text] = body.split(' ')
  if (standing?.kind !== 'counter' || endsAtMs <= nowMs || endsAtMs === Infinity || text.length === 0)
    return answer
  const { reset } = counterOf(text.join(' '), nowMs)
  return compareWrites(reset, standing.reset) === 0 ? { ...answer, ttlMs: endsAtMs - nowMs } : answer
}

/** What such a register has said before it told more. */
export function firstAnswer(body: string): string {
  return body.split(' ', 1)[0] ?? ''
}

/** The register that remembers this answer; `undefined` where there is nothing to remember. */
export function recordOf(
  command: Add,
  { outcome, change }: Applied<Either>,
  moment: Moment,
): Register | undefined {
  if (command.idempotencyKey === undefined || outcome.type !== 'total' || change?.kind !== 'counter')
    return undefined
  const { reset, tallies } = change
  const { [moment.origin]: own } = tallies
  const counted = own === undefined ? {} : { [moment.origin]: own }
  const text = counterText({ kind: 'counter', ...(reset && { reset }), tallies: counted })
  const body = `${outcome.value} ${command.by} ${text}`
  const value = { contentType: 'text/plain', body }
  return { kind: 'register', stamp: moment.stamp(), value, endsAtMs: moment.nowMs + REMEMBERED_MS }
}

/**
 * Of two registers that remember different increments: what takes the earlier back, in the counter as it was begun then.
 * Once the first answer is no longer given, a later increment is one of its own.
 */
export function countedTwice(one: Register, other: Register): Counter | undefined {
  const [earlier, later] = compareStamps(one.stamp, other.stamp) < 0 ? [one, other] : [other, one]
  const [first, retry] = [countedIn(earlier), countedIn(later)]
  if (first === undefined || retry === undefined || first.text === retry.text) return undefined
  if (later.endsAtMs - earlier.endsAtMs >= REMEMBERED_MS) return undefined
  const change = counterOf(first.text, earlier.endsAtMs - REMEMBERED_MS)
  return { ...change, tallies: voidOf(change.tallies, first.by) }
}

/** By how much, and the change as text. */
function countedIn({ value }: Register): { by: bigint; text: string } | undefined {
  if (typeof value?.body !== 'string') return undefined
  const [, by, ...change] = value.body.split(' ')
  return by === undefined ? undefined : { by: BigInt(by), text: change.join(' ') }
}
