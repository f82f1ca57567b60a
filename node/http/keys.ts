/** Keys that begin alike, of the whole cluster: listed a page at a time, or all forgotten. */
import { z } from 'zod'
import { LarderError } from '../../shared/errors.ts'
import { json } from '../../shared/http/response.ts'
import type { Parameter, Route } from '../../shared/http/route.ts'
import type { KeyPlace, ListedKey } from '../../shared/many-keys.ts'
import { SLOTS } from '../../shared/placement.ts'
import type { Dispatch } from '../dispatch.ts'
import { KEY_BYTES_MAX, secondsOf } from './fields.ts'
import { keyless } from './keyless.ts'
import { cursorOf, cursorParameter, limitParameter, parseCursor, parseLimit } from './pages.ts'

const LISTED = { fallback: 100, max: 1000 } as const
/** However many there are: a million take some seconds. */
const CLEAR_MAX_MS = 600_000

/** With a slash behind it a key is missing. */
const place = { path: '/api/v1/kv', pattern: /^\/api\/v1\/kv$/ }
const prefixParameter: Parameter = {
  in: 'query',
  name: 'prefix',
  description: 'How keys begin; empty for all.',
  schema: z.string(),
}
const Listing = z
  .object({
    keys: z.array(
      z.object({
        key: z.string(),
        content_type: z.string(),
        bytes: z.int(),
        ttl: z
          .number()
          .optional()
          .meta({ description: 'Seconds until the value ends by itself, if it does.' }),
      }),
    ),
    cursor: z.string().optional(),
  })
  .meta({
    id: 'Listing',
    examples: [{ keys: [{ key: 'soup', content_type: 'application/json', bytes: 10 }] }],
  })

export function keysRoutes(dispatch: Dispatch): Route[] {
  return [
    listRoute(dispatch),
    clearRoute(dispatch),
    ...keyless(place.path, ['PUT', 'GET', 'PATCH', 'DELETE']),
  ]
}

function listRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    ...place,
    operationId: 'listKeys',
    summary: 'Which keys begin so, over the whole cluster, a page at a time.',
    access: 'public',
    parameters: [prefixParameter, limitParameter(LISTED), cursorParameter],
    answers: {
      200: {
        description:
          'Some of them, or none; the last page has no cursor. A key that is there all the time is told once.',
        content: { 'application/json': Listing },
      },
    },
    errors: ['NOT_READY', 'UNREACHABLE', 'OVERLOADED'],
    async handle(request) {
      const query = request.parameters
      const prefix = parsePrefix(query.get('prefix') ?? '')
      const limit = parseLimit(query.get('limit'), LISTED)
      const after = placeIn(query.get('cursor') ?? '')
      const reply = await dispatch(request, { type: 'keys.list', prefix, limit, ...(after && { after }) })
      if (reply.type !== 'keys') throw new TypeError('keys were asked for')
      const { keys, next } = reply
      return json({ keys: keys.map(rowOf), ...(next && { cursor: cursorAt(next) }) })
    },
  }
}

function rowOf({ key, contentType, bytes, ttlMs }: ListedKey): object {
  const row = { key, content_type: contentType, bytes }
  return ttlMs === undefined ? row : { ...row, ttl: secondsOf(ttlMs) }
}

function clearRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    ...place,
    operationId: 'clearKeys',
    summary: 'Forget all values and counters whose keys begin so and that were stored before.',
    access: 'public',
    needs: ['clear'],
    parameters: [{ ...prefixParameter, required: true }],
    answers: {
      200: {
        description: 'They are gone, and so many there were.',
        content: { 'application/json': z.object({ deleted: z.int() }) },
      },
    },
    errors: ['NOT_READY', 'UNREACHABLE', 'OVERLOADED', 'NOT_SAVED'],
    async handle(request) {
      const prefix = request.parameters.get('prefix')
      // A name alone is what is left of a variable that was not set.
      if (prefix === undefined || !/(?:^|&)prefix=/.test(request.query))
        throw new LarderError(
          'BAD_REQUEST',
          'prefix: missing; an empty one, prefix=, means all keys. A key stands in the path.',
        )
      const reply = await dispatch(request, { type: 'keys.clear', prefix: parsePrefix(prefix) }, CLEAR_MAX_MS)
      if (reply.type !== 'cleared') throw new TypeError('something was to be cleared')
      const { count: deleted } = reply
      return { ...json({ deleted }), audited: { what: 'keys were forgotten', prefix, deleted } }
    },
  }
}

/** @throws LarderError BAD_REQUEST for what no key begins with. */
export function parsePrefix(prefix: string): string {
  if (!prefix.isWellFormed()) throw new LarderError('BAD_REQUEST', 'prefix: it is not valid Unicode.')
  if (Buffer.byteLength(prefix) > KEY_BYTES_MAX)
    throw new LarderError('BAD_REQUEST', `prefix: ${KEY_BYTES_MAX} bytes at most.`)
  return prefix
}

/** It begins with its version. */
function cursorAt({ slot, at, tie }: KeyPlace): string {
  return cursorOf(tie === undefined ? [1, slot, at] : [1, slot, at, tie])
}

/** @throws LarderError BAD_REQUEST. */
function placeIn(cursor: string): KeyPlace | undefined {
  const [, slot, at, tie] = parseCursor(cursor, Cursor) ?? []
  if (slot === undefined || at === undefined) return undefined
  return tie === undefined ? { slot, at } : { slot, at, tie }
}

const Slot = z
  .int()
  .min(0)
  .max(SLOTS - 1)
const At = z
  .int()
  .min(-1)
  .max(2 ** 32)
const Cursor = z.union([
  z.tuple([z.literal(1), Slot, At]),
  z.tuple([z.literal(1), Slot, At, z.string().min(1).max(32)]),
])
