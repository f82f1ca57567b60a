/** Smache's API: JSON under a key, at /api. */
import { z } from 'zod'
import type { Body, Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { asObject, readJson, readQuery } from '../../shared/http/input.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import { type HttpResponse, jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { readingFields } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { isJson } from '../../shared/media-type.ts'
import { integerOf } from '../../shared/placement.ts'
import { LARGE_BYTES, type Steps } from '../../shared/steps.ts'
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
    errors: ['KEY_NULL', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'OVERLOADED', 'UNREACHABLE', 'MEMORY_FULL'],
    async handle(request) {
      const { key, data, ttlMs } = await readJson(request, bodyBytesMax, readingSet)
      const set = { type: 'value.set', key, contentType: 'application/json', body: data, ...ttlMs } as const
      const { owner } = await dispatch(request, set)
      return entryAnswer(key, owner, data)
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
    errors: ['KEY_NULL', 'NOT_JSON', 'OVERLOADED', 'UNREACHABLE'],
    handle(request) {
      const key = parseKeyText(readQuery(request.query).get('key'))
      return andThen(dispatch(request, { type: 'value.get', key }), (reply) =>
        entryAnswer(key, reply.owner, jsonOf(reply)),
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
      return entryAnswer(key, owner, 'null')
    },
  }
}

const SET_FIELDS = new Names('key', 'data', 'ttl')

function* readingSet(body: Uint8Array) {
  return yield* parsingSet(asObject(yield* readingFields(body, SET_FIELDS)))
}

/** What is to be stored: the key, the JSON as it came, and for how long. @throws LarderError KEY_NULL or BAD_REQUEST. */
export function* parsingSet(fields: Fields): Steps<{ key: string; data: Body; ttlMs: { ttlMs?: number } }> {
  const key = parseKey(fields.get('key'))
  const data = yield* fields.kept('data')
  const ttl = fields.get('ttl')
  if (data === undefined) throw new LarderError('BAD_REQUEST', 'data: missing.')
  return { key, data, ttlMs: ttl === undefined ? {} : { ttlMs: parseTtlMs(ttl) } }
}

/** The JSON of a stored value. @throws LarderError NOT_JSON. */
function jsonOf(reply: Reply): Body {
  if (reply.type !== 'value') return 'null'
  if (isJson(reply.contentType)) return reply.body
  throw notJson(reply)
}

export function notJson({ contentType }: { readonly contentType: string }): LarderError {
  return new LarderError('NOT_JSON', `It is ${contentType}; read it at /api/v1/kv/{key}.`)
}

function entryAnswer(key: string, owner: string, data: Body): HttpResponse {
  const fields = entryFields(key, owner)
  if (typeof data === 'string' && data.length <= LARGE_BYTES) return jsonText(`{${fields}${data}}`)
  return jsonText(new Pieces().add(`{${fields}`).add(data).add('}'))
}

/** An entry as JSON, without its braces, up to where its data stands. */
export function entryFields(key: string, owner: string): string {
  return `"key":${JSON.stringify(key)},"id":"${integerOf(key)}","node":${quoted(owner)},"data":`
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
