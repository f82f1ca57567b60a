/** Smache's API: JSON under a key, at /api. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { isJson, readJson, readQuery } from '../../shared/http/input.ts'
import { jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { membersOf } from '../../shared/json.ts'
import { integerOf } from '../../shared/placement.ts'
import type { Dispatch } from '../dispatch.ts'
import { Key, parseKey, parseKeyText, parseTtlMs, Ttl } from './fields.ts'

export const Entry = z.object({
  key: z.string(),
  id: z
    .string()
    .regex(/^-?\d+$/)
    .meta({ description: 'The key turned into an integer.' }),
  node: z.string().meta({ description: 'The member that owns the key.' }),
  data: z.unknown(),
})

const keyParameter = {
  in: 'query',
  name: 'key',
  description: 'The key.',
  schema: z.string(),
  required: true,
} as const

const answers = { 200: { description: 'The entry.', content: { 'application/json': Entry } } }

export function apiRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [setRoute(dispatch, bodyBytesMax), getRoute(dispatch), deleteRoute(dispatch)]
}

function setRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'POST',
    path: '/api',
    summary: 'Store JSON under a key.',
    access: 'public',
    isHot: true,
    body: { 'application/json': z.object({ key: Key, data: z.unknown(), ttl: Ttl.optional() }) },
    answers,
    errors: ['KEY_NULL', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE'],
    async handle(request) {
      const { text } = await readJson(request.message, bodyBytesMax)
      const { key, data, ttlMs } = parseSet(asMembers(text), text.length)
      const set = { type: 'value.set', key, contentType: 'application/json', body: data, ...ttlMs } as const
      const { owner } = await dispatch(request, set)
      return jsonText(entryText(key, owner, data))
    },
  }
}

function getRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    path: '/api',
    summary: 'Read the JSON under a key; `data` is null where there is none.',
    access: 'public',
    isHot: true,
    parameters: [keyParameter],
    answers,
    errors: ['KEY_NULL', 'NOT_JSON', 'UNREACHABLE'],
    handle(request) {
      const key = parseKeyText(readQuery(request.query).get('key'))
      return andThen(dispatch(request, { type: 'value.get', key }), (reply) =>
        jsonText(entryText(key, reply.owner, jsonOf(reply))),
      )
    },
  }
}

function deleteRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    path: '/api',
    summary: 'Forget what is under a key.',
    access: 'public',
    isHot: true,
    parameters: [keyParameter],
    answers,
    errors: ['KEY_NULL', 'OVERLOADED', 'UNREACHABLE'],
    async handle(request) {
      const key = parseKeyText(readQuery(request.query).get('key'))
      const { owner } = await dispatch(request, { type: 'value.delete', key })
      return jsonText(entryText(key, owner, 'null'))
    },
  }
}

/** @throws LarderError BAD_REQUEST for what is no object. */
export function asMembers(json: string): ReadonlyMap<string, string> {
  const members = membersOf(json)
  if (members === undefined) throw new LarderError('BAD_REQUEST', 'A JSON object is needed here.')
  return members
}

/** What is kept of a request beside its value, in characters, rather than to copy the value. */
const SLACK_LENGTH = 256

/**
 * What is to be stored: the key, the JSON text as it came, and for how long. `sentLength` is that of all that was sent.
 * @throws LarderError KEY_NULL or BAD_REQUEST.
 */
export function parseSet(fields: ReadonlyMap<string, string>, sentLength: number) {
  const key = parseKey(fields.get('key'))
  const [data, ttl] = [fields.get('data'), fields.get('ttl')]
  if (data === undefined) throw new LarderError('BAD_REQUEST', 'data: missing.')
  // A slice keeps all that it was cut out of in memory for as long as the value.
  const kept = sentLength - data.length > SLACK_LENGTH ? Buffer.from(data).toString() : data
  return { key, data: kept, ttlMs: ttl === undefined ? {} : { ttlMs: parseTtlMs(ttl) } }
}

/** The JSON text of a stored value. @throws LarderError NOT_JSON. */
export function jsonOf(reply: Reply): string {
  if (reply.type !== 'value') return 'null'
  if (isJson(reply.contentType) && typeof reply.body === 'string') return reply.body
  throw new LarderError('NOT_JSON', `It is ${reply.contentType}; read it at /api/v1/kv/{key}.`)
}

function entryText(key: string, owner: string, data: string): string {
  return `{${entryFields(key, owner, data)}}`
}

/** An entry as JSON, without its braces, around JSON text that is already there. */
export function entryFields(key: string, owner: string, data: string): string {
  return `"key":${JSON.stringify(key)},"id":"${integerOf(key)}","node":${quoted(owner)},"data":${data}`
}

const QUOTED_MAX = 1000
const quotes = new Map<string, string>()

/** The names of members are few, and said again and again. */
function quoted(name: string): string {
  let quote = quotes.get(name)
  if (quote !== undefined) return quote
  quote = JSON.stringify(name)
  if (quotes.size < QUOTED_MAX) quotes.set(name, quote)
  return quote
}
