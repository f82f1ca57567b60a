/** Lists that are told a page at a time: how much of one is asked for, and where the page before has ended. */
import { type ZodType, z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import type { Parameter } from '../../shared/http/route.ts'

export const cursorParameter: Parameter = {
  in: 'query',
  name: 'cursor',
  description: 'That of the page before; empty for the first.',
  schema: z.string(),
}

/** For the API page; `parseLimit` decides. */
export function limitParameter({ max }: { max: number }): Parameter {
  return { in: 'query', name: 'limit', description: 'How many to list.', schema: z.int().min(1).max(max) }
}

/** How many to list. @throws LarderError BAD_REQUEST. */
export function parseLimit(text: string | undefined, options: { fallback: number; max: number }): number {
  const { fallback, max } = options
  if (text === undefined) return fallback
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= max) return limit
  throw new LarderError('BAD_REQUEST', `limit: 1 to ${max}.`)
}

/** Where a page ended, so that the next one can begin at any node and after any restart. */
export function cursorOf(end: unknown): string {
  return Buffer.from(JSON.stringify(end)).toString('base64url')
}

/** `undefined` for the first page. @throws LarderError BAD_REQUEST. */
export function parseCursor<T>(cursor: string, schema: ZodType<T>): T | undefined {
  if (cursor === '') return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'cursor: not one of ours.', { cause })
  }
}
