/** Values as resources: any bytes under a key, with entity tags and conditional requests (RFC 9110). */
import { z } from 'zod'
import { type Body, type Condition, type Reply, tagOf } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { readBody } from '../../shared/http/body.ts'
import { readQuery } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse } from '../../shared/http/response.ts'
import type { Parameter, Route } from '../../shared/http/route.ts'
import { keepingJson } from '../../shared/json.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import { isJson } from '../../shared/media-type.ts'
import { workOn } from '../../shared/steps.ts'
import type { Dispatch } from '../dispatch.ts'
import { parseKeyText, parseTtlText, pathText } from './fields.ts'
import { keyless } from './keyless.ts'

const parameters: readonly Parameter[] = [
  { in: 'path', name: 'key', description: 'The key, percent-encoded.', schema: z.string() },
  {
    in: 'header',
    name: 'If-Match',
    description: 'Only if the entity tag is one of these.',
    schema: z.string(),
  },
  { in: 'header', name: 'If-None-Match', description: 'Only if it is none of these.', schema: z.string() },
]
const ttl: Parameter = {
  in: 'query',
  name: 'ttl',
  description: 'Seconds to live, above 0.',
  schema: z.string().regex(/^\d+(\.\d+)?$/),
}
const ETag = { ETag: 'Names this very write.' }
const bytes = { '*/*': undefined }

const path = '/api/v1/kv/{key}'

export function kvRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    putRoute(dispatch, bodyBytesMax),
    getRoute(dispatch),
    deleteRoute(dispatch),
    ...keyless('/api/v1/kv', ['PUT', 'GET', 'DELETE']),
  ]
}

function putRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'PUT',
    path,
    summary: 'Store a body and its Content-Type.',
    access: 'public',
    isHot: true,
    parameters: [...parameters, ttl],
    body: bytes,
    answers: {
      201: { description: 'There was no value before.', headers: ETag },
      204: { description: 'The value before is replaced.', headers: ETag },
    },
    errors: [
      'KEY_NULL',
      'PRECONDITION_FAILED',
      'TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'OVERLOADED',
      'UNREACHABLE',
      'MEMORY_FULL',
    ],
    async handle(request) {
      const ttl = readQuery(request.query).get('ttl')
      const key = parseKeyText(pathText(request))
      const options = { ...conditionOf(request), ...(ttl !== undefined && { ttlMs: parseTtlText(ttl) }) }
      const value = await receivedValue(request, await readBody(request, bodyBytesMax))
      const reply = await dispatch(request, { type: 'value.set', key, ...value, ...options })
      if (reply.type !== 'stored') return answerWithout(request, reply)
      return empty(reply.created ? 201 : 204, { etag: tagOf(reply.stamp) })
    },
  }
}

function getRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    path,
    summary: 'Read a value.',
    access: 'public',
    isHot: true,
    parameters,
    answers: {
      200: {
        description: 'The body as it was stored, with its Content-Type.',
        content: bytes,
        headers: ETag,
      },
      304: { description: 'The entity tag is one of If-None-Match.', headers: ETag },
    },
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'PRECONDITION_FAILED', 'OVERLOADED', 'UNREACHABLE'],
    handle(request) {
      const key = parseKeyText(pathText(request))
      return andThen(dispatch(request, { type: 'value.get', key, ...conditionOf(request) }), (reply) => {
        if (reply.type !== 'value') return answerWithout(request, reply)
        const { contentType, stamp, body } = reply
        return { status: 200, headers: { 'content-type': contentType, etag: tagOf(stamp) }, body }
      })
    },
  }
}

function deleteRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    path,
    summary: 'Forget a value.',
    access: 'public',
    isHot: true,
    parameters,
    answers: { 204: { description: 'It is gone.' } },
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'PRECONDITION_FAILED', 'OVERLOADED', 'UNREACHABLE'],
    async handle(request) {
      const reply = await dispatch(request, {
        type: 'value.delete',
        key: parseKeyText(pathText(request)),
        ...conditionOf(request),
      })
      return reply.type === 'deleted' ? empty(204) : answerWithout(request, reply)
    },
  }
}

/** JSON is checked, so that /api can answer it; anything else is kept byte for byte. */
async function receivedValue(
  request: HttpRequest,
  body: Buffer,
): Promise<{ contentType: string; body: Body }> {
  const contentType = request.header('content-type') || 'application/octet-stream'
  if (!isJson(contentType)) return { contentType, body: ownBytes(body) }
  return { contentType, body: await workOn(request.turns, body, keepingJson) }
}

function answerWithout({ method }: HttpRequest, reply: Reply): HttpResponse {
  if (reply.type !== 'mismatch')
    throw new LarderError('NO_SUCH_KEY', 'It was never stored, or is gone again.')
  const tag = reply.stamp && tagOf(reply.stamp)
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead || reply.failed === 'ifMatch') {
    throw new LarderError('PRECONDITION_FAILED', `The entity tag is ${tag ?? 'none: there is no value'}.`)
  }
  return empty(304, tag === undefined ? {} : { etag: tag })
}

function conditionOf(request: HttpRequest): { condition?: Condition } {
  const ifMatch = request.header('if-match')
  const ifNoneMatch = request.header('if-none-match')
  if (ifMatch === undefined && ifNoneMatch === undefined) return {}
  return {
    condition: {
      // Weak tags never match strongly, as If-Match asks; for If-None-Match the mark does not count.
      ...(ifMatch !== undefined && { ifMatch: parseTags('If-Match', ifMatch) }),
      ...(ifNoneMatch !== undefined && {
        ifNoneMatch: parseTags('If-None-Match', ifNoneMatch).map((tag) => tag.replace(/^W\//, '')),
      }),
    },
  }
}

/** @throws LarderError BAD_REQUEST for what is no list of entity tags. */
function parseTags(name: string, text: string): string[] {
  if (text.trim() === '*') return ['*']
  if (TAGS.test(text)) return text.match(TAG) ?? []
  throw new LarderError('BAD_REQUEST', `${name}: entity tags in quotes, with commas between them, or *.`)
}

const TAG = /(?:W\/)?"[^"]*"/g
/** A list may have empty elements (RFC 9110, section 5.6.1). */
const TAGS = new RegExp(`^[\\s,]*(?:${TAG.source}\\s*(?:,\\s*(?:${TAG.source}\\s*)?)*)?$`)
