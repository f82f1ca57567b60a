/** Counters and limits in the engine (`counter.lua`, `limit.lua`). */
import type { Command, Outcome, SingleCommand } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { type Answer, answerIn, lifeOf, numberOf, textOf, wholeMs } from './answer.ts'
import type { Asked, Carrier, Means } from './means.ts'
import { placeOf } from './places.ts'
import { keysOf } from './values.ts'

export type CounterCommand = Extract<Command, { type: `counter.${string}` }>
type LimitCommand = Extract<Command, { type: `limit.${string}` }>

const TOTAL_MIN = -(2n ** 63n)
const TOTAL_MAX = 2n ** 63n - 1n
/** What is added may be up to twice as much as a total: three parts are enough, and none of them leaves 64 bits. */
const PARTS = 3n
const REMEMBERED_MS = 600_000
/** What adding up fractions of milliseconds may lose, as a part of what one takes. */
const ROUNDING = 1e-3

export const carryOutOnCounter: Carrier<CounterCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  const parts = [...counterKeys(command, slot), ...counterArguments(command, means)]
  return counterOutcome(command, answerIn(await means.connection.run('counter', parts, deadlineAtMs)))
}

/** With the record of the answer, where the command is one that has to count once. */
export function counterKeys(command: SingleCommand, slot: number): string[] {
  const { key } = command
  const idempotencyKey = command.type === 'counter.add' ? command.idempotencyKey : undefined
  return [...keysOf(slot, key), placeOf(slot, 'i', `${key}\0${idempotencyKey ?? ''}`)]
}

/** As `counter.lua` takes them. @throws LarderError OUT_OF_RANGE. */
export function counterArguments(command: CounterCommand, means: Pick<Means, 'origin'>): string[] {
  switch (command.type) {
    case 'counter.add': {
      const { ttlMs, idempotencyKey, min, max } = command
      const isRemembered = idempotencyKey === undefined ? '' : '1'
      const [least, most] = [min, max].map((bound) => (bound === undefined ? '' : String(BigInt(bound))))
      return [
        'add',
        means.origin(),
        wholeMs(ttlMs),
        isRemembered,
        least ?? '',
        most ?? '',
        String(REMEMBERED_MS),
        ...partsOf(BigInt(command.by)),
      ]
    }
    case 'counter.set': {
      const total = BigInt(command.value)
      if (total < TOTAL_MIN || total > TOTAL_MAX)
        throw new LarderError('OUT_OF_RANGE', `${total} is beyond 64 bits; it stays as it was.`)
      return ['set', means.origin(), wholeMs(command.ttlMs), String(total)]
    }
    default:
      return [command.type === 'counter.get' ? 'get' : 'delete']
  }
}

/** As the engine adds 64 bits at a time. */
export function partsOf(by: bigint): string[] {
  if (by >= TOTAL_MIN && by <= TOTAL_MAX) return [String(by)]
  const parts: string[] = []
  let left = by
  for (let at = PARTS; at > 0n; at--) {
    const part = left / at
    // More than all parts can be has left 64 bits before the last of them.
    const within = part > TOTAL_MAX ? TOTAL_MAX : part < TOTAL_MIN ? TOTAL_MIN : part
    parts.push(String(within))
    left -= within
  }
  return parts
}

export function counterOutcome(command: CounterCommand, { type, parts }: Answer): Outcome {
  const [total, life] = parts
  switch (type) {
    case 'missing':
    case 'deleted':
      return { type }
    case 'total':
      return { type, value: textOf(total), ...lifeOf(life) }
    case 'bounds':
      return { type: 'outOfBounds', value: textOf(total), ...lifeOf(life) }
    case 'range': {
      const by = command.type === 'counter.add' ? BigInt(command.by) : 0n
      const beyond = BigInt(textOf(total)) + by
      throw new LarderError('OUT_OF_RANGE', `The total would be ${beyond}; it stays as it was.`)
    }
    case 'type':
      throw new LarderError(
        'WRONG_TYPE',
        'The value of this key is no integer of 64 bits; it stays as it was.',
      )
    default:
      throw new TypeError(`the engine answered ${type} of a counter`)
  }
}

export const carryOutOnLimit: Carrier<LimitCommand> = async (means, asked) => {
  const { command, slot, deadlineAtMs } = asked
  const parts = [placeOf(slot, 'l', command.key), ...takingOf(command)]
  const { type, parts: told } = answerIn(await means.connection.run('limit', parts, deadlineAtMs))
  if (type !== 'limit' || command.type !== 'limit.take')
    return { type: type === 'deleted' ? 'deleted' : 'missing' }
  const [allowed, full = 0, over = 0] = told.map(numberOf)
  return limitOutcome({ command, slot, deadlineAtMs }, { isAllowed: allowed === 1, full, over })
}

function takingOf(command: LimitCommand): (string | number)[] {
  if (command.type === 'limit.delete') return ['delete']
  return ['take', command.limit, command.windowMs, command.cost]
}

function limitOutcome(
  { command: { limit, windowMs } }: Asked<Extract<LimitCommand, { type: 'limit.take' }>>,
  { isAllowed, full, over }: { isAllowed: boolean; full: number; over: number },
): Outcome {
  const eachMs = windowMs / limit
  const remaining = Math.min(limit, Math.max(0, Math.floor((windowMs - full) / eachMs + ROUNDING)))
  return { type: 'limit', isAllowed, remaining, fullMs: full, ...(!isAllowed && { retryMs: over }) }
}
