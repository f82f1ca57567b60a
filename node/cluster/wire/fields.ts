/**
 * What the fields in the head of a frame may hold: whatever arrives is checked by one of these, which throw on
 * everything else. By hand, as there are several of them in every command, reply and entry.
 */
import { z } from 'zod'
import type { ResponseFacts } from '../../../shared/response-command.ts'

/** A list, where a length is given of just so many. */
export function list(field: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(field)) throw new TypeError('a field is no list')
  if (length !== undefined && field.length !== length) throw new TypeError(`a list is not of ${length}`)
  return field
}

export function text(field: unknown): string {
  if (typeof field !== 'string') throw new TypeError('a field is no text')
  return field
}

/** A text that is not empty. */
export function name(field: unknown): string {
  if (text(field) === '') throw new TypeError('a name is empty')
  return field as string
}

/** What a header may hold. */
export function headerValue(field: unknown): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text(field))) throw new TypeError('a field is no value of a header')
  return field as string
}

export function number(field: unknown): number {
  if (typeof field !== 'number' || !Number.isFinite(field)) throw new TypeError('a field is no number')
  return field
}

export function integer(field: unknown): number {
  if (!Number.isSafeInteger(field)) throw new TypeError('a field is no integer')
  return field as number
}

export const Facts: z.ZodType<ResponseFacts> = z.object({
  status: z.int().min(200).max(599).exactOptional(),
  ageMs: z.number().min(0).exactOptional(),
  staleAtMs: z.number().min(0).exactOptional(),
  vary: z.array(z.string()).exactOptional(),
})

/** What is known of a stored response. */
export function factsOf(field: unknown): ResponseFacts {
  return Facts.parse(field)
}

export function flag(field: unknown): boolean {
  if (typeof field !== 'boolean') throw new TypeError('a field is neither true nor false')
  return field
}

/** What a field says that it is: a list at its beginning, an object by name. */
export function typeOf(field: unknown): unknown {
  if (Array.isArray(field)) return field[0]
  return typeof field === 'object' && field !== null && 'type' in field ? field.type : undefined
}

/** What is added to a counter, in decimal. */
export function amount(field: unknown): string {
  if (!/^-?\d{1,100}$/.test(text(field))) throw new TypeError('an amount is no integer')
  return field as string
}
