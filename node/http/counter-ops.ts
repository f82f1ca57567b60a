/** What a batch can do with counters. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Pieces } from '../../shared/http/pieces.ts'
import { parseInteger, parseKey } from './fields.ts'
import { type Op, taking } from './op.ts'

const increment: Op = {
  schema: taking('increment', { by: z.union([z.string().regex(/^[+-]?\d+$/), z.int()]) }),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    const by = parseInteger('by', fields.get('by'))
    return {
      command: { type: 'counter.add', key, by },
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

export const COUNTER_OPS = { increment, counter }

function tellTotal(key: string, reply: Reply, told: Pieces): void {
  if (reply.type !== 'total') throw new LarderError('NO_SUCH_KEY', 'This counter was never incremented.')
  told.add(JSON.stringify({ status: 200, key, value: reply.value }))
}
