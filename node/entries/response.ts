/**
 * Cached responses: registers in the slot of their path, one a tenant and query, so that what concerns an object
 * concerns one slot. They are a cache of something else: they are neither kept on disk nor outlive a doubt.
 */
import type { KeyCommand, Outcome } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { FAMILIES } from './families.ts'
import { liveValue, type Register } from './register.ts'
import type { Moment } from './verbs.ts'

type ResponseCommand = Extract<KeyCommand, { type: `response.${string}` }>

/** What a command does with the responses of its slot. */
export interface ResponsesApplied {
  readonly outcome: Outcome
  readonly changes: readonly { readonly id: string; readonly entry: Register }[]
}

/** The responses of a slot, by their ids. */
export interface Responses {
  get(id: string): Register | undefined
  under(prefix: string): Iterable<string>
}

const { letter } = FAMILIES.response

/** So many are forgotten at once, in a few milliseconds. */
const FORGOTTEN_AT_ONCE = 500

/**
 * What is forgotten of a path, whether or not it is here: it also holds for what others bring later. These ids name the
 * traces, of a tenant and of all.
 */
const traceOf = {
  tenant: (path: string, tenant: string) => `${letter}${path}\0${tenant}`,
  all: (path: string) => `${letter}${path}`,
}

/** The traces that hold for a response; of a trace, what it holds for begins so. */
export function tracesOver(id: string): string[] {
  const [path = '', tenant = '', query] = id.slice(1).split('\0')
  return query === undefined ? [] : [traceOf.tenant(path, tenant), traceOf.all(path)]
}

function responseId({ key, tenant, query }: { key: string; tenant: string; query: string }): string {
  return `${letter}${key}\0${tenant}\0${query}`
}

/** Of a response: whose it is. */
export function tenantOf(id: string): string {
  return id.split('\0')[1] ?? ''
}

/** Of a response: its path. */
export function pathOf(id: string): string {
  return id.slice(1).split('\0')[0] ?? ''
}

export function applyToResponses(
  responses: Responses,
  command: ResponseCommand,
  moment: Moment,
): ResponsesApplied {
  switch (command.type) {
    case 'response.get':
    case 'response.fetch':
      return { outcome: read(responses.get(responseId(command)), moment.nowMs), changes: [] }
    case 'response.put': {
      const { contentType, body, headers, ttlMs } = command
      const endsAtMs = moment.nowMs + ttlMs
      const value = { contentType, body, headers, lifeMs: ttlMs }
      const entry: Register = { kind: 'register', stamp: moment.stamp(), value, endsAtMs }
      return { outcome: { type: 'done' }, changes: [{ id: responseId(command), entry }] }
    }
    case 'response.delete':
      return forget(responses, traceOf.tenant(command.key, command.tenant), moment)
    case 'response.invalidate':
      return forget(responses, traceOf.all(command.key), moment)
    default:
      return assertNever(command)
  }
}

function read(register: Register | undefined, nowMs: number): Outcome {
  const value = liveValue(register, nowMs)
  if (register === undefined || value === undefined) return { type: 'missing' }
  const { contentType, body, headers = {}, lifeMs = 0 } = value
  const ageMs = Math.max(0, lifeMs - (register.endsAtMs - nowMs))
  return { type: 'response', status: 200, contentType, body, headers, ageMs, cacheStatus: 'hit' }
}

/**
 * Some of very many; once it is all that is left, and something may come from elsewhere later, a trace is left for that too:
 * other copies have to look for what it covers.
 */
function forget(responses: Responses, trace: string, { nowMs, stamp, isCertain }: Moment): ResponsesApplied {
  const some = Iterator.from(responses.under(`${trace}\0`))
    .take(FORGOTTEN_AT_ONCE)
    .toArray()
  const isPart = some.length === FORGOTTEN_AT_ONCE
  const forgotten = isCertain || isPart ? some : [...some, trace]
  const changes = forgotten.map((id) => ({
    id,
    entry: { kind: 'register' as const, stamp: stamp(), endsAtMs: nowMs },
  }))
  return { outcome: { type: 'deleted', ...(isPart && { isPart: true }) }, changes }
}
