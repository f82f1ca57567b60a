/** What can be asked of a counter, and what is told of one, at whatever path and in a batch. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Fields } from '../../shared/json-fields.ts'
import { parseInteger, parseTtlMs, secondsOf, Ttl } from './fields.ts'

export const Amount = z.union([z.string().regex(/^[+-]?\d+$/), z.int()])

/** For the API page; `additionIn` decides. */
export const addition = {
  by: Amount.optional().meta({ description: 'How much is added; 1 where nothing is said.' }),
  ttl: Ttl.optional().meta({
    description: 'Seconds until the counter ends by itself, where this begins it.',
  }),
  min: Amount.optional().meta({ description: 'A total below it is refused.' }),
  max: Amount.optional().meta({ description: 'A total above it is refused.' }),
}

export interface Addition {
  readonly by: string
  readonly ttlMs?: number
  readonly min?: string
  readonly max?: string
}

/** @throws LarderError BAD_REQUEST or OUT_OF_RANGE. */
export function additionIn(fields: Fields | undefined): Addition {
  const of = (name: string) => {
    const json = fields?.get(name)
    return json === undefined ? undefined : parseInteger(name, json)
  }
  const [by = '1', min, max] = [of('by'), of('min'), of('max')]
  if (min !== undefined && max !== undefined && BigInt(min) > BigInt(max))
    throw new LarderError('BAD_REQUEST', 'min: not above max.')
  return { by, ...lifeIn(fields), ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

const IDEMPOTENCY_KEY_LENGTH_MAX = 255

export const IdempotencyKey = z.string().min(1).max(IDEMPOTENCY_KEY_LENGTH_MAX).meta({
  description: 'The same one again, within ten minutes, gives the first answer and adds nothing.',
})

/** @throws LarderError BAD_REQUEST for an idempotency key that no header could hold. */
export function parseIdempotencyKey(name: string, text: string | undefined): string {
  if (text !== undefined && text.length <= IDEMPOTENCY_KEY_LENGTH_MAX && HEADER_VALUE.test(text)) return text
  throw new LarderError('BAD_REQUEST', `${name}: text of at most ${IDEMPOTENCY_KEY_LENGTH_MAX} characters.`)
}

/** As the two are to be the same key. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/

/** @throws LarderError BAD_REQUEST. */
export function lifeIn(fields: Fields | undefined): { ttlMs?: number } {
  const ttl = fields?.get('ttl')
  return ttl === undefined ? {} : { ttlMs: parseTtlMs(ttl) }
}

interface Total {
  readonly value: string
  readonly ttlMs?: number
}

/** @throws LarderError NO_SUCH_KEY, OUT_OF_BOUNDS. */
export function totalIn(reply: Reply): Total {
  if (reply.type === 'total') return reply
  if (reply.type !== 'outOfBounds') throw new LarderError('NO_SUCH_KEY', 'There is no such counter.')
  const { value } = reply
  throw new LarderError('OUT_OF_BOUNDS', `The total stays at ${value}.`, { fields: { value } })
}

export function totalFields(key: string, { value, ttlMs }: Total): object {
  return { key, value, ...(ttlMs !== undefined && { ttl: secondsOf(ttlMs) }) }
}
