/** Counters: Incrementer's call at /increment, and the resource. Totals are decimal text, as JSON numbers are not exact. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { andThen } from '../../shared/eventual.ts'
import { readBody } from '../../shared/http/body.ts'
import { asObject, isCrossSite, readFields, readForm, readJson } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, type HttpResponse, json } from '../../shared/http/response.ts'
import { type Parameter, type Route, withRest } from '../../shared/http/route.ts'
import { readingFields } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { type Steps, workOn } from '../../shared/steps.ts'
import { refuseOthers } from '../../shared/unknown-field.ts'
import type { Dispatch } from '../dispatch.ts'
import {
  Key,
  parseInteger,
  parseIntegerText,
  parseKey,
  parseKeyText,
  pathText,
  secondsOf,
  Ttl,
} from './fields.ts'
import { keyless } from './keyless.ts'
import {
  Amount,
  addition,
  additionIn,
  IdempotencyKey,
  lifeIn,
  parseIdempotencyKey,
  totalFields,
  totalIn,
} from './totals.ts'

const TEXT = { 'content-type': 'text/plain; charset=utf-8' }
const TTL_HEADER = { 'Larder-TTL': 'Seconds that are left, where it ends by itself.' }
const FORM = 'application/x-www-form-urlencoded'

const Total = z
  .object({
    key: z.string(),
    value: z.string().regex(/^-?\d+$/),
    ttl: z.number().optional().meta({ description: 'Seconds that are left, where it ends by itself.' }),
  })
  .meta({ id: 'Total', examples: [{ key: 'orders', value: '6' }] })
const Addition = z.object(addition).meta({ id: 'Addition', examples: [{ by: '5' }] })
const Setting = z
  .object({ value: Amount, ttl: Ttl.optional() })
  .meta({ id: 'CounterSetting', examples: [{ value: '0' }] })
const Increment = z
  .object({ key: Key, value: Amount })
  .meta({ id: 'Increment', examples: [{ key: 'orders', value: 1 }] })

const ADDITION = new Names(...Object.keys(addition))
const SETTING = new Names(...Object.keys(Setting.shape))
const KEY_AND_VALUE = new Names('key', 'value')

const place = withRest('/api/v1/counters/{key}')
const key: Parameter = {
  in: 'path',
  name: 'key',
  description: 'The key, percent-encoded.',
  schema: z.string(),
}
const idempotencyKey: Parameter = {
  in: 'header',
  name: 'Idempotency-Key',
  description: 'The same one again, within ten minutes, gives the first answer and adds nothing.',
  schema: IdempotencyKey,
}
const total = {
  200: { description: 'The total.', content: { 'application/json': Total }, headers: TTL_HEADER },
}
const errors = [
  'KEY_NULL',
  'OUT_OF_RANGE',
  'WRONG_TYPE',
  'TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'OVERLOADED',
  'UNREACHABLE',
  'NOT_SAVED',
  'MEMORY_FULL',
] as const

export function counterRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    incrementRoute(dispatch, bodyBytesMax),
    {
      method: 'POST',
      ...place,
      operationId: 'addToCounter',
      summary:
        'Add to a counter, which starts at 0, or at the integer that is there; 1 where nothing is said.',
      access: 'public',
      parameters: [key, idempotencyKey],
      body: { 'application/json': Addition },
      isBodyOptional: true,
      answers: total,
      errors: [...errors, 'OUT_OF_BOUNDS'],
      isHot: true,
      async handle(request) {
        const key = parseKeyText(pathText(request))
        const fields = await readJson(request, bodyBytesMax, readingAddition)
        const add = { type: 'counter.add', key, ...additionIn(fields), ...onceOf(request) } as const
        return answerOf(key, await dispatch(request, add))
      },
    },
    getRoute(dispatch),
    setRoute(dispatch, bodyBytesMax),
    {
      method: 'DELETE',
      ...place,
      operationId: 'deleteCounter',
      summary: 'Forget a counter.',
      access: 'public',
      parameters: [key],
      answers: { 204: { description: 'There is no such counter, or no longer.' } },
      errors: ['KEY_NULL', 'OVERLOADED', 'UNREACHABLE', 'NOT_SAVED'],
      async handle(request) {
        await dispatch(request, { type: 'counter.delete', key: parseKeyText(pathText(request)) })
        return empty(204)
      },
    },
    ...keyless('/api/v1/counters', ['POST', 'GET', 'PUT', 'DELETE']),
  ]
}

/** Also of nothing at all. */
function* readingAddition(body: Uint8Array): Steps<Fields | undefined> {
  return body.length === 0 ? undefined : asObject(yield* readingFields(body, ADDITION)).limitedTo()
}

function setRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'PUT',
    ...place,
    operationId: 'setCounter',
    summary:
      'Set the total of a counter, in place of whatever is there; for ever, or as long as the ttl says.',
    access: 'public',
    parameters: [key],
    body: { 'application/json': Setting },
    answers: total,
    errors: errors.filter((code) => code !== 'WRONG_TYPE'),
    async handle(request) {
      const key = parseKeyText(pathText(request))
      const fields = await readFields(request, bodyBytesMax, SETTING)
      const value = parseInteger('value', fields.get('value'))
      return answerOf(key, await dispatch(request, { type: 'counter.set', key, value, ...lifeIn(fields) }))
    },
  }
}

function getRoute(dispatch: Dispatch): Route {
  return {
    method: 'GET',
    ...place,
    operationId: 'getCounter',
    summary: 'Read a counter.',
    access: 'public',
    parameters: [key],
    answers: total,
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'WRONG_TYPE', 'UNREACHABLE'],
    isHot: true,
    handle(request) {
      const key = parseKeyText(pathText(request))
      return andThen(dispatch(request, { type: 'counter.get', key }), (reply) => answerOf(key, reply))
    },
  }
}

function incrementRoute(dispatch: Dispatch, bodyBytesMax: number): Route {
  return {
    method: 'POST',
    path: '/increment',
    operationId: 'increment',
    summary: 'Add to a counter; the answer is the new total alone.',
    access: 'public',
    parameters: [idempotencyKey],
    body: { [FORM]: Increment, 'application/json': Increment },
    answers: { 200: { description: 'The total.', content: { 'text/plain': z.string() } } },
    errors,
    isHot: true,
    async handle(request) {
      const increment = await readIncrement(request, bodyBytesMax)
      const reply = await dispatch(request, { type: 'counter.add', ...increment, ...onceOf(request) })
      return { status: 200, headers: TEXT, body: totalIn(reply).value }
    },
  }
}

/** @throws LarderError as the readers of bodies and fields do. */
async function readIncrement(
  request: HttpRequest,
  bodyBytesMax: number,
): Promise<{ key: string; by: string }> {
  const mediaType = request.header('content-type') ?? ''
  if (mediaType.split(';')[0]?.trim().toLowerCase() !== FORM)
    return ofFields(await readFields(request, bodyBytesMax, KEY_AND_VALUE))
  const body = await readBody(request, bodyBytesMax)
  // No form that anybody means begins so: it is JSON as `curl -d` sends it.
  if (body[0] === OPEN_OBJECT && !isCrossSite(request))
    return ofFields(
      asObject(await workOn(request.turns, body, (bytes) => readingFields(bytes, KEY_AND_VALUE))).limitedTo(),
    )
  const fields = readForm(body)
  refuseOthers(fields.keys(), KEY_AND_VALUE.all, 'the form')
  return { key: parseKeyText(fields.get('key')), by: parseIntegerText('value', fields.get('value')) }
}

const OPEN_OBJECT = 0x7b

function ofFields(fields: Fields): { key: string; by: string } {
  return { key: parseKey(fields.get('key')), by: parseInteger('value', fields.get('value')) }
}

/** @throws LarderError BAD_REQUEST for an idempotency key that is none. */
function onceOf(request: HttpRequest): { idempotencyKey?: string } {
  const text = request.header('idempotency-key')
  return text === undefined ? {} : { idempotencyKey: parseIdempotencyKey('Idempotency-Key', text) }
}

function answerOf(key: string, reply: Reply): HttpResponse {
  const total = totalIn(reply)
  const answer = json(totalFields(key, total))
  if (total.ttlMs === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'larder-ttl': String(secondsOf(total.ttlMs)) } }
}
