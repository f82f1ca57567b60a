/** Counters: Incrementer's call at /increment, and the resource. Totals are decimal text, as JSON numbers are not exact. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { andThen } from '../../shared/eventual.ts'
import { readBody } from '../../shared/http/body.ts'
import { asObject, isCrossSite, readFields, readForm } from '../../shared/http/input.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import { empty, json } from '../../shared/http/response.ts'
import { type Parameter, type Route, withRest } from '../../shared/http/route.ts'
import { readingFields } from '../../shared/json.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import { workOn } from '../../shared/steps.ts'
import { refuseOthers } from '../../shared/unknown-field.ts'
import type { Dispatch } from '../dispatch.ts'
import { Key, parseInteger, parseIntegerText, parseKey, parseKeyText, pathText } from './fields.ts'
import { keyless } from './keyless.ts'

const IDEMPOTENCY_KEY_LENGTH_MAX = 255
const TEXT = { 'content-type': 'text/plain; charset=utf-8' }
const FORM = 'application/x-www-form-urlencoded'

const Amount = z.union([z.string().regex(/^[+-]?\d+$/), z.int()])
const Total = z
  .object({ key: z.string(), value: z.string().regex(/^-?\d+$/) })
  .meta({ id: 'Total', examples: [{ key: 'orders', value: '6' }] })
const Addition = z.object({ by: Amount }).meta({ id: 'Addition', examples: [{ by: '5' }] })
const Increment = z
  .object({ key: Key, value: Amount })
  .meta({ id: 'Increment', examples: [{ key: 'orders', value: 1 }] })

const BY = new Names('by')
const KEY_AND_VALUE = new Names('key', 'value')

const place = withRest('/api/v1/counters/{key}', 0)
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
  schema: z.string().min(1).max(IDEMPOTENCY_KEY_LENGTH_MAX),
}
const total = { 200: { description: 'The total.', content: { 'application/json': Total } } }
const errors = [
  'KEY_NULL',
  'OUT_OF_RANGE',
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
      summary: 'Add to a counter, which starts at 0.',
      access: 'public',
      parameters: [key, idempotencyKey],
      body: { 'application/json': Addition },
      answers: total,
      errors,
      isHot: true,
      async handle(request) {
        const key = parseKeyText(pathText(request))
        const fields = await readFields(request, bodyBytesMax, BY)
        const by = parseInteger('by', fields.get('by'))
        const reply = await dispatch(request, { type: 'counter.add', key, by, ...onceOf(request) })
        return json({ key, value: totalOf(reply) })
      },
    },
    getRoute(dispatch),
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
    ...keyless('/api/v1/counters', ['POST', 'GET', 'DELETE']),
  ]
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
    errors: ['KEY_NULL', 'NO_SUCH_KEY', 'UNREACHABLE'],
    isHot: true,
    handle(request) {
      const key = parseKeyText(pathText(request))
      return andThen(dispatch(request, { type: 'counter.get', key }), (reply) =>
        json({ key, value: totalOf(reply) }),
      )
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
      return { status: 200, headers: TEXT, body: totalOf(reply) }
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
  const idempotencyKey = request.header('idempotency-key')
  if (idempotencyKey === undefined) return {}
  if (idempotencyKey !== '' && idempotencyKey.length <= IDEMPOTENCY_KEY_LENGTH_MAX) return { idempotencyKey }
  throw new LarderError(
    'BAD_REQUEST',
    `Idempotency-Key: text of at most ${IDEMPOTENCY_KEY_LENGTH_MAX} characters.`,
  )
}

function totalOf(reply: Reply): string {
  if (reply.type === 'total') return reply.value
  throw new LarderError('NO_SUCH_KEY', 'This counter was never incremented.')
}
