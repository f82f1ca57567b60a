/** What a batch can do with counters. */
import type { Reply } from '../../shared/command.ts'
import type { Pieces } from '../../shared/http/pieces.ts'
import { parseKey, textOf } from './fields.ts'
import { type Op, taking } from './op.ts'
import { addition, additionIn, IdempotencyKey, parseIdempotencyKey, totalFields, totalIn } from './totals.ts'

const increment: Op = {
  schema: taking('increment', { ...addition, idempotency_key: IdempotencyKey.optional() }),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    const once = fields.get('idempotency_key')
    return {
      command: {
        type: 'counter.add',
        key,
        ...additionIn(fields),
        ...(once !== undefined && { idempotencyKey: parseIdempotencyKey('idempotency_key', textOf(once)) }),
      },
      telling: (reply, told) => tellTotal(key, reply, told),
    }
  },
}

const counter: Op = {
  schema: taking('counter', {}),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return { command: { type: 'counter.get', key }, telling: (reply, told) => tellTotal(key, reply, told) }
  },
}

const reset: Op = {
  schema: taking('reset', {}),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return {
      command: { type: 'counter.delete', key },
      telling: (_, told) => void told.add(JSON.stringify({ status: 204, key })),
    }
  },
}

export const COUNTER_OPS = { increment, counter, reset }

function tellTotal(key: string, reply: Reply, told: Pieces): void {
  told.add(JSON.stringify({ status: 200, ...totalFields(key, totalIn(reply)) }))
}
