/** Limits of rates: whether so much may be done now, of what may be done within a window. */
import { z } from 'zod'
import type { Reply } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { readFields } from '../../shared/http/input.ts'
import { empty, type HttpResponse, json } from '../../shared/http/response.ts'
import { type Parameter, type Route, withRest } from '../../shared/http/route.ts'
import { type Fields, Names } from '../../shared/json-fields.ts'
import type { Dispatch } from '../dispatch.ts'
import { parseInteger, parseKeyText, parseSeconds, pathText, secondsOf } from './fields.ts'
import { keyless } from './keyless.ts'

/** For the API page; `takingIn` decides. */
export const limitShape = {
  limit: z.int().min(1).meta({ description: 'How much may be done within the window, and at once.' }),
  window: z.number().positive().meta({ description: 'Seconds.' }),
  cost: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'How much is to be done; 1 where nothing is said, and 0 only asks.' }),
}
const Taking = z.object(limitShape).meta({ id: 'Taking', examples: [{ limit: 100, window: 60, cost: 1 }] })
const State = z
  .object({
    allowed: z.boolean(),
    limit: z.int(),
    remaining: z.int().meta({ description: 'How much is left now.' }),
    reset: z.number().meta({ description: 'Seconds until all of it is.' }),
  })
  .meta({ id: 'Limit', examples: [{ allowed: true, limit: 100, remaining: 99, reset: 0.6 }] })
const NAMES = new Names(...Object.keys(limitShape))

const place = withRest('/api/v1/limits/{key}')
const key: Parameter = {
  in: 'path',
  name: 'key',
  description: 'The key, percent-encoded.',
  schema: z.string(),
}
const headers = {
  'RateLimit-Policy': 'The limit, and the window in seconds.',
  RateLimit: 'What is left, and the seconds until all of it is.',
}
const content = { 'application/json': State }

export function limitRoutes(dispatch: Dispatch, bodyBytesMax: number): Route[] {
  return [
    {
      method: 'POST',
      ...place,
      operationId: 'takeFromLimit',
      summary: 'Take from a limit that refills evenly over its window, where there is enough.',
      access: 'public',
      isHot: true,
      countsAgain: true,
      parameters: [key],
      body: { 'application/json': Taking },
      answers: {
        200: { description: 'It may be done.', content, headers },
        429: {
          description: 'It may not, and nothing was taken.',
          content,
          headers: { ...headers, 'Retry-After': 'Seconds until there is enough.' },
        },
      },
      errors: [
        'KEY_NULL',
        'TOO_LARGE',
        'UNSUPPORTED_MEDIA_TYPE',
        'OVERLOADED',
        'UNREACHABLE',
        'NOT_SAVED',
        'MEMORY_FULL',
      ],
      async handle(request) {
        const key = parseKeyText(pathText(request))
        const taking = takingIn(await readFields(request, bodyBytesMax, NAMES))
        return answerOf(taking, await dispatch(request, { type: 'limit.take', key, ...taking }))
      },
    },
    resetRoute(dispatch),
    ...keyless('/api/v1/limits', ['POST', 'DELETE']),
  ]
}

function resetRoute(dispatch: Dispatch): Route {
  return {
    method: 'DELETE',
    ...place,
    operationId: 'resetLimit',
    summary: 'Begin a limit anew.',
    access: 'public',
    parameters: [key],
    answers: { 204: { description: 'All of it is left.' } },
    errors: ['KEY_NULL', 'OVERLOADED', 'UNREACHABLE', 'NOT_SAVED'],
    async handle(request) {
      await dispatch(request, { type: 'limit.delete', key: parseKeyText(pathText(request)) })
      return empty(204)
    },
  }
}

export interface Taken {
  readonly limit: number
  readonly windowMs: number
  readonly cost: number
}

/** @throws LarderError BAD_REQUEST. */
export function takingIn(fields: Fields): Taken {
  const limit = countIn(fields, 'limit')
  const windowMs = parseSeconds('window', fields.get('window')) * 1000
  const cost = fields.get('cost') === undefined ? 1 : countIn(fields, 'cost')
  if (limit < 1) throw new LarderError('BAD_REQUEST', 'limit: an integer above 0.')
  if (cost < 0 || cost > limit) throw new LarderError('BAD_REQUEST', 'cost: an integer from 0 to the limit.')
  return { limit, windowMs, cost }
}

function countIn(fields: Fields, name: string): number {
  const json = fields.get(name)
  const count = Number(parseInteger(name, json))
  if (Number.isSafeInteger(count) && json?.startsWith('"') === false) return count
  throw new LarderError('BAD_REQUEST', `${name}: an integer of 53 bits.`)
}

export interface LimitState {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds until it is full. */
  readonly reset: number
}

export function stateOf({ limit }: Taken, reply: Reply): LimitState {
  if (reply.type !== 'limit') throw new TypeError(`${reply.type} is told of no limit`)
  return { allowed: reply.isAllowed, limit, remaining: reply.remaining, reset: secondsOf(reply.fullMs) }
}

/** With what IETF's draft "RateLimit header fields for HTTP" says of it, in whole seconds. */
function answerOf(taken: Taken, reply: Reply): HttpResponse {
  const state = stateOf(taken, reply)
  const { status, headers, body } = { ...json(state), status: state.allowed ? 200 : 429 }
  const retryMs = reply.type === 'limit' ? reply.retryMs : undefined
  return {
    status,
    headers: {
      ...headers,
      'ratelimit-policy': `"limit";q=${taken.limit};w=${Math.ceil(taken.windowMs / 1000)}`,
      ratelimit: `"limit";r=${state.remaining};t=${Math.ceil(state.reset)}`,
      ...(retryMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) }),
    },
    ...(body !== undefined && { body }),
  }
}
