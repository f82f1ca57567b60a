/** Smache's API: JSON under a key, at /api. */
import { z } from 'zod'
import type { Body } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { asObject, readJson } from '../../shared/http/input.ts'
import { Pieces } from '../../shared/http/pieces.ts'
import { type HttpResponse, jsonText } from '../../shared/http/response.ts'
import type { Route } from '../../shared/http/route.ts'
import { readingFields } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { integerOf } from '../../shared/placement.ts'
import { LARGE_BYTES, type Steps } from '../../shared/steps.ts'
import type { Dispatch } from '../dispatch.ts'
import { Key, parseKey, parseKeyText, parseTtlMs, secondsOf, Ttl } from './fields.ts'
import { jsonOf } from './json-data.ts'

const Entry = z
  .object({
    key: z.string(),
    id: z
      .string()
      .regex(/^-?\d+$/)
      .meta({ description: 'The key turned into an integer.' }),
    node: z.string().meta({ description: 'The member that owns the key.' }),
    data: z.unknown(),
    ttl: z.number().optional().meta({ description: 'Seconds until the value ends by itself, if it does.' }),
  })
  .meta({
    id: 'Entry',
    examples: [{ key: 'soup', id: '1936684400', node: '127.0.0.1:4000', data: { salt: 1 } }],
  })
const Setting = z
  .object({ key: Key, data: z.unknown(), ttl: Ttl.optional() })
  .meta({ id: 'Setting', examples: [{ key: 'soup', data: { salt: 1 }, ttl: 60 }] })

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
    operationId: 'setJson',
    summary: 'Store JSON under a key.',
    access: 'public',
    isHot: true,
    body: { 'application/json': Setting },
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
    operationId: 'getJson',
    summary: 'Read the JSON under a key; `data` is null where there is none.',
    access: 'public',
    isHot: true,
    parameters: [keyParameter],
    answers,
    errors: ['KEY_NULL', 'NOT_JSON', 'OVERLOADED', 'UNREACHABLE'],
    handle(request) {
      const key = parseKeyText(request.parameters.get('key'))
      return andThen(dispatch(request, { type: 'value.get', key }), (reply) => {
        if (reply.type !== 'value') return entryAnswer(key, reply.owner, 'null')
        return andThen(jsonOf(reply, request.turns), (data) =>
          entryAnswer(key, reply.owner, data, endingText(reply)),
        )
      })
    },
  }
}

function deleteRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    path: '/api',
    operationId: 'deleteJson',
    summary: 'Forget what is under a key.',
    access: 'public',
    isHot: true,
    parameters: [keyParameter],
    answers: {
      200: {
        description: 'The entry, and whether there was one.',
        content: { 'application/json': Entry.extend({ deleted: z.boolean() }) },
      },
    },
    errors: ['KEY_NULL', 'OVERLOADED', 'UNREACHABLE'],
    async handle(request) {
      const key = parseKeyText(request.parameters.get('key'))
      const { owner, type } = await dispatch(request, { type: 'value.delete', key })
      return entryAnswer(key, owner, 'null', deletedText(type === 'deleted'))
    },
  }
}

const SET_FIELDS = new Names('key', 'data', 'ttl')

function* readingSet(body: Uint8Array) {
  return yield* parsingSet(asObject(yield* readingFields(body, SET_FIELDS)).limitedTo())
}

/** What is to be stored: the key, the JSON as it came, and for how long. @throws LarderError KEY_NULL or BAD_REQUEST. */
function* parsingSet(fields: Fields): Steps<{ key: string; data: Body; ttlMs: { ttlMs?: number } }> {
  const key = parseKey(fields.get('key'))
  const data = yield* fields.kept('data')
  const ttl = fields.get('ttl')
  if (data === undefined) throw new LarderError('BAD_REQUEST', 'data: missing.')
  return { key, data, ttlMs: ttl === undefined ? {} : { ttlMs: parseTtlMs(ttl) } }
}

/** `more` is what follows the data. */
function entryAnswer(key: string, owner: string, data: Body, more = ''): HttpResponse {
  const fields = `${entryFields(key, owner)},"data":`
  if (typeof data === 'string' && data.length <= LARGE_BYTES) return jsonText(`{${fields}${data}${more}}`)
  return jsonText(new Pieces().add(`{${fields}`).add(data).add(`${more}}`))
}

/** An entry as JSON, without its braces and its data. */
export function entryFields(key: string, owner: string): string {
  return `"key":${JSON.stringify(key)},"id":"${integerOf(key)}","node":${quoted(owner)}`
}

/** When it ends, as another field; nothing where it does not. */
export function endingText({ ttlMs }: { readonly ttlMs?: number }): string {
  return ttlMs === undefined ? '' : `,"ttl":${secondsOf(ttlMs)}`
}

export function deletedText(isDeleted: boolean): string {
  return `,"deleted":${isDeleted}`
}

const QUOTED_MAX = 1000
const quotes = new Map<string, string>()

/** As JSON: the names of members, and of their lives, are few, and said again and again. */
export function quoted(name: string): string {
  let quote = quotes.get(name)
  if (quote !== undefined) return quote
  quote = JSON.stringify(name)
  if (quotes.size < QUOTED_MAX) quotes.set(name, quote)
  return quote
}
