/** The operations of a batch, a row each: what it takes, which command that is, and what it tells of the reply. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import type { Steps } from '../../shared/steps.ts'
import { COUNTER_OPS } from './counter-ops.ts'
import { textOf } from './fields.ts'
import { LIMIT_OPS } from './limit-ops.ts'
import type { Asked, Op } from './op.ts'
import { REACTION_OPS } from './reaction-ops.ts'
import { VALUE_OPS } from './value-ops.ts'

export type { Asked } from './op.ts'

const OPS: ReadonlyMap<string, Op> = new Map(
  Object.entries({ ...VALUE_OPS, ...COUNTER_OPS, ...LIMIT_OPS, ...REACTION_OPS }),
)

/** For the API page; the rows decide. */
export const AnyOp = z
  .union([...OPS.values()].map(({ schema }) => schema))
  .meta({ id: 'Operation', examples: [{ op: 'get', key: 'soup' }] })

/** Of all fields that any of them takes. */
export const OP_FIELDS = new Names(
  ...new Set([...OPS.values()].flatMap(({ schema }) => Object.keys(schema.shape))),
)

/** What each of them has. */
const FIELDS_OF = new Map(
  [...OPS.values()].map((op) => [op, OP_FIELDS.some(...Object.keys(op.schema.shape))]),
)

/** @throws LarderError for what is no operation, UNKNOWN_FIELD for what it does not have. */
export function readingOp(fields: Fields): Steps<Asked> | Asked {
  const name = fields.get('op')
  const op = name === undefined ? undefined : OPS.get(textOf(name) ?? '')
  if (op === undefined) throw new LarderError('BAD_REQUEST', `op: one of ${[...OPS.keys()].join(', ')}.`)
  return op.reading(fields.limitedTo(FIELDS_OF.get(op)))
}
