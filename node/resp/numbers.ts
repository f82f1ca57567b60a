/** Strings that are numbers: integers are counters, counted in the turn of their owner; what has a fraction is a value. */
import { tagOf } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual, orElse } from '../../shared/eventual.ts'
import { integerTextAt, keyAt, textAt } from './arguments.ts'
import { plus } from './decimal.ts'
import { NOT_INTEGER, ReplyError, WRONG_TYPE } from './errors.ts'
import type { Call, Row } from './row.ts'
import { bytesOf, describe, get, set, untilUndisturbed } from './values.ts'
import type { Reply } from './writer.ts'

const string = { group: 'string', keys: [1, 1, 1] } as const

export const NUMBER_ROWS: readonly Row[] = [
  { ...string, name: 'incr', arity: 2, does: 'write', run: (call) => add(call, '1') },
  { ...string, name: 'decr', arity: 2, does: 'write', run: (call) => add(call, '-1') },
  {
    ...string,
    name: 'incrby',
    arity: 3,
    does: 'write',
    run: (call) => add(call, integerTextAt(call.words, 2)),
  },
  {
    ...string,
    name: 'decrby',
    arity: 3,
    does: 'write',
    run: (call) => add(call, negated(integerTextAt(call.words, 2))),
  },
  { ...string, name: 'incrbyfloat', arity: 3, does: 'steps', isWrite: true, run: addFraction },
]

function add(call: Call, by: string): Eventual<Reply> {
  const key = keyAt(call.words, 1)
  const total = orElse(
    () => call.send({ type: 'counter.add', key, by, isSole: true }),
    async (thrown) => {
      // A set is of another type, and any other string is no integer.
      if (!(thrown instanceof LarderError) || thrown.code !== 'WRONG_TYPE') throw thrown
      const found = await call.send(describe(key))
      const isSet = found.type === 'description' && found.members !== undefined
      throw new ReplyError(isSet ? WRONG_TYPE : NOT_INTEGER)
    },
  )
  return andThen(total, (answer) => {
    if (answer.type !== 'total') throw new TypeError('a total was to be told')
    return integerReply(answer.value)
  })
}

/** Of these digits a number is exact. */
const EXACT_LENGTH = 15

function integerReply(text: string): number | bigint {
  return text.length <= EXACT_LENGTH ? Number(text) : BigInt(text)
}

/** @throws ReplyError where there is no such integer. */
function negated(text: string): string {
  if (text === String(-(2n ** 63n))) throw new ReplyError('ERR decrement would overflow')
  return String(-BigInt(text))
}

function addFraction(call: Call): Promise<Reply> {
  const key = keyAt(call.words, 1)
  const by = textAt(call.words, 2)
  return untilUndisturbed(async () => {
    const found = await call.send(get(key))
    const sum = plus(found.type === 'value' ? bytesOf(found).toString('latin1') : '0', by)
    const condition = found.type === 'value' ? { ifMatch: [tagOf(found.stamp)] } : { ifNoneMatch: ['*'] }
    const { type } = await call.send({ ...set(key, Buffer.from(sum)), keepsTtl: true, condition })
    return type === 'stored' ? sum : undefined
  })
}
