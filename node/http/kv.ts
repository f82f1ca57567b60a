/** Values as resources: any bytes under a key, with entity tags and conditional requests (RFC 9110). */
import { z } from 'zod'
import { type Body, bytesOfBody, type Reply, tagOf } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { readBody } from '../../shared/http/body.ts'
import { knownForm } from '../../shared/http/entity-tags.ts'
import { readFields } from '../../shared/http/input.ts'
import { ranged, rangeParameters, refusePart } from '../../shared/http/range.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse } from '../../shared/http/response.ts'
import { type Parameter, type Route, withRest } from '../../shared/http/route.ts'
import { Names, ownBytes } from '../../shared/json-fields.ts'
import { isJson } from '../../shared/media-type.ts'
import { workOn } from '../../shared/steps.ts'
import type { Dispatch } from '../dispatch.ts'
import { conditionOf, conditionParameters, noSuchValue, preconditionFailed } from './conditions.ts'
import { parseKeyText, parseLifetime, parseSwitch, parseTtlText, pathText, secondsOf, Ttl } from './fields.ts'
import { keeping, UNTYPED } from './json-data.ts'
import { take } from './taking.ts'

const parameters: readonly Parameter[] = [
  { in: 'path', name: 'key', description: 'The key: all that follows, decoded once.', schema: z.string() },
  ...conditionParameters,
]
const ttl: Parameter = {
  in: 'query',
  name: 'ttl',
  description: 'Seconds to live, above 0.',
  schema: z.string().regex(/^\d+(\.\d+)?$/),
}
const keepTtl: Parameter = {
  in: 'query',
  name: 'keep_ttl',
  description: 'With 1 the value ends when the one before would have ended.',
  schema: z.enum(['0', '1']),
}
const prefer: Parameter = {
  in: 'header',
  name: 'Prefer',
  description: 'With return=representation what was there is answered (RFC 7240).',
  schema: z.string(),
}
const ETag = { ETag: 'Names this very write.' }
const OfValue = { ...ETag, 'Larder-TTL': 'Seconds until the value ends by itself, if it does.' }
const Ranges = { 'Accept-Ranges': 'That parts can be asked for.' }
const ContentRange = { ...Ranges, 'Content-Range': 'Which part it is, of how much.' }
const bytes = { '*/*': undefined }

const place = withRest('/api/v1/kv/{key}')

export function kvRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    putRoute(dispatch, bodyBytesMax),
    getRoute(dispatch),
    patchRoute(dispatch, bodyBytesMax),
    deleteRoute(dispatch),
  ]
}

function putRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'PUT',
    ...place,
    operationId: 'putValue',
    summary: 'Store a body and its Content-Type.',
    access: 'public',
    isHot: true,
    parameters: [...parameters, ttl, keepTtl],
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
      const key = parseKeyText(pathText(request))
      refusePart(request)
      const options = { ...lifeOf(request), ...conditionOf(request) }
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
    ...place,
    operationId: 'getValue',
    summary: 'Read a value.',
    access: 'public',
    isHot: true,
    parameters: [...parameters, ...rangeParameters],
    answers: {
      200: {
        description: 'The body as it was stored, with its Content-Type.',
        content: bytes,
        headers: { ...OfValue, ...Ranges },
      },
      206: { description: 'The part of it.', content: bytes, headers: { ...OfValue, ...ContentRange } },
      416: { description: 'It ends before.', headers: ContentRange },
      304: { description: 'The entity tag is one of If-None-Match.', headers: ETag },
    },
    errors: [
      'KEY_NULL',
      'NO_SUCH_KEY',
      'PRECONDITION_FAILED',
      'RANGE_NOT_SATISFIABLE',
      'OVERLOADED',
      'UNREACHABLE',
    ],
    handle(request) {
      const key = parseKeyText(pathText(request))
      return andThen(dispatch(request, { type: 'value.get', key, ...conditionOf(request) }), (reply) =>
        reply.type === 'value' ? ranged(request, valueAnswer(reply)) : answerWithout(request, reply),
      )
    },
  }
}

const LIFE = new Names('ttl')

function patchRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'PATCH',
    ...place,
    operationId: 'touchValue',
    summary: 'Change how long a value lives, and nothing else of it.',
    access: 'public',
    isHot: true,
    parameters,
    body: { 'application/json': z.object({ ttl: Ttl.nullable() }) },
    answers: { 204: { description: 'From now on it lives so long, or for ever.', headers: ETag } },
    errors: [
      'KEY_NULL',
      'NO_SUCH_KEY',
      'PRECONDITION_FAILED',
      'TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'OVERLOADED',
      'UNREACHABLE',
    ],
    async handle(request) {
      const key = parseKeyText(pathText(request))
      const condition = conditionOf(request)
      const life = parseLifetime((await readFields(request, bodyBytesMax, LIFE)).get('ttl'))
      const reply = await dispatch(request, { type: 'value.touch', key, ...life, ...condition })
      if (reply.type !== 'stored') return answerWithout(request, reply)
      return empty(204, { etag: tagOf(reply.stamp) })
    },
  }
}

function deleteRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    ...place,
    operationId: 'deleteValue',
    summary: 'Forget a value, or take it.',
    access: 'public',
    isHot: true,
    parameters: [...parameters, prefer],
    answers: {
      200: {
        description: 'It is gone, and this is what it was.',
        content: bytes,
        headers: { ...OfValue, 'Preference-Applied': 'return=representation' },
      },
      204: { description: 'It is gone.' },
    },
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'PRECONDITION_FAILED', 'OVERLOADED', 'UNREACHABLE'],
    async handle(request) {
      const asked = { key: parseKeyText(pathText(request)), ...conditionOf(request) }
      if (!wantsRepresentation(request)) {
        const reply = await dispatch(request, { type: 'value.delete', ...asked })
        return reply.type === 'deleted' ? empty(204) : answerWithout(request, reply)
      }
      const reply = await take({
        ...asked,
        send: (command) => dispatch(request, command),
        // While there is no room for the answer it is not deleted.
        onFound: ({ body }) => request.share.answer(bytesOfBody(body)),
      })
      if (reply.type !== 'value') return answerWithout(request, reply)
      const answer = valueAnswer(reply)
      return { ...answer, headers: { ...answer.headers, 'preference-applied': 'return=representation' } }
    },
  }
}

/** JSON is checked, so that /api can answer it; anything else is kept byte for byte. */
async function receivedValue(
  request: HttpRequest,
  body: Buffer,
): Promise<{ contentType: string; body: Body }> {
  const contentType = request.header('content-type') || UNTYPED
  if (!isJson(contentType)) return { contentType, body: ownBytes(body) }
  return await workOn(request.turns, body, (bytes) => keeping(contentType, bytes))
}

/** @throws LarderError BAD_REQUEST. */
function lifeOf(request: HttpRequest): { ttlMs?: number; keepsTtl?: true } {
  const query = request.parameters
  const ttl = query.get('ttl')
  const keepsTtl = parseSwitch('keep_ttl', query.get('keep_ttl'))
  if (ttl === undefined) return keepsTtl ? { keepsTtl } : {}
  if (keepsTtl) throw new LarderError('BAD_REQUEST', 'keep_ttl: not together with ttl.')
  return { ttlMs: parseTtlText(ttl) }
}

/** Whether what is deleted is to be told (RFC 7240, section 4.2). */
function wantsRepresentation(request: HttpRequest): boolean {
  return /(?:^|,)\s*return\s*=\s*(?:representation|"representation")\s*(?:[;,]|$)/i.test(
    request.header('prefer') ?? '',
  )
}

function valueAnswer(reply: Extract<Reply, { type: 'value' }>): HttpResponse {
  const { contentType, stamp, ttlMs, body } = reply
  const etag = tagOf(stamp)
  if (ttlMs === undefined) return { status: 200, headers: { 'content-type': contentType, etag }, body }
  const ends = { 'larder-ttl': String(secondsOf(ttlMs)) }
  return { status: 200, headers: { 'content-type': contentType, etag, ...ends }, body }
}

function answerWithout(request: HttpRequest, reply: Reply): HttpResponse {
  if (reply.type !== 'mismatch') throw noSuchValue()
  if (!/^(?:GET|HEAD)$/.test(request.method) || reply.failed === 'ifMatch')
    throw preconditionFailed(reply.stamp)
  const etag = reply.stamp && knownForm(tagOf(reply.stamp), request.header('if-none-match'))
  return empty(304, { ...(etag !== undefined && { etag }), vary: 'accept-encoding' })
}
