/**
 * Cached responses: registers in the slot of their path, one a tenant and query, so that what concerns an object
 * concerns one slot. They are a cache of something else: they are neither kept on disk nor outlive a doubt.
 */
import type { Condition, KeyCommand, Outcome, Stamp } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Purge } from '../../shared/response-command.ts'
import { FAMILIES } from './families.ts'
import { liveValue, type Present, type Register, type Value } from './register.ts'
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
 * What is forgotten, whether or not it is here: it also holds for what others bring later. These ids name the traces, of a
 * tenant and of all: of a path, of a tag, and without either of the whole slot. A path begins with a slash.
 */
const traceOf = {
  tenant: (place: string, tenant: string) => `${letter}${place}\0${tenant}`,
  all: (place: string) => `${letter}${place}`,
}

const ofTag = (tag: string) => `#${tag}`

/** The trace that a purge of all slots leaves. */
export function markOf({ tenant, tag }: Purge): string {
  const place = tag === undefined ? '' : ofTag(tag)
  return tenant === undefined ? traceOf.all(place) : traceOf.tenant(place, tenant)
}

/** Of everything. */
export const OF_ALL = traceOf.all('')

/** Whether it is such a trace, which is of no slot. */
export function isMark(id: string): boolean {
  return id.charAt(0) === letter && id.charAt(1) !== '/' && !isWhole(id)
}

/** The traces that hold for a response. */
export function tracesOver(id: string, value: Value): string[] {
  const [path = '', tenant = '', query] = id.slice(1).split('\0')
  if (query === undefined) return []
  const places = [path, ...tagsOf(value).map(ofTag), '']
  return places.flatMap((place) => [traceOf.tenant(place, tenant), traceOf.all(place)])
}

/** No trace. */
export function isWhole(id: string): boolean {
  return id.indexOf('\0', id.indexOf('\0') + 1) !== -1
}

/** Where one path has several, as they depend on headers of the request, each has them behind its query. */
function responseId({ key, tenant, query }: { key: string; tenant: string; query: string }): string {
  return `${letter}${key}\0${tenant}\0${query}`
}

/** Of a response: whose it is. */
export function tenantOf(id: string): string {
  return id.split('\0', 2)[1] ?? ''
}

/** Of a response: its path. */
export function pathOf(id: string): string {
  return id.slice(1).split('\0', 1)[0] ?? ''
}

/** As upstream has tagged it. */
function tagsOf({ headers = {} }: Pick<Value, 'headers'>): string[] {
  return TAG_HEADERS.flatMap((name) => headers[name]?.split(/[\s,]+/) ?? []).filter((tag) => tag !== '')
}

export function hasTag(value: Pick<Value, 'headers'>, tag: string): boolean {
  return tagsOf(value).includes(tag)
}

const TAG_HEADERS = ['surrogate-key', 'cache-tag'] as const

/** Whether a response is one of those that are to be forgotten. */
export function isMeant(id: string, value: Value, { tenant, tag }: Purge): boolean {
  if (tenant !== undefined && tenantOf(id) !== tenant) return false
  return tag === undefined || hasTag(value, tag)
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
      const { contentType, body, headers, facts, ttlMs, condition } = command
      const failed = condition && failedBy(condition, responses.get(responseId(command)), moment.nowMs)
      if (failed !== undefined) return { outcome: { type: 'mismatch', failed }, changes: [] }
      const endsAtMs = moment.nowMs + ttlMs
      const value = { contentType, body, headers, lifeMs: ttlMs, ...(facts && { facts }) }
      const entry: Register = { kind: 'register', stamp: moment.stamp(), value, endsAtMs }
      return { outcome: { type: 'done' }, changes: [{ id: responseId(command), entry }] }
    }
    case 'response.delete':
    case 'response.invalidate':
      return forget(responses, command, moment)
    default:
      return assertNever(command)
  }
}

/** As RFC 9110 has it in section 13.1, by the tag that upstream gave. */
function failedBy(
  { ifMatch, ifNoneMatch }: Condition,
  register: Register | undefined,
  nowMs: number,
): keyof Condition | undefined {
  const value = liveValue(register, nowMs)
  const names = (tags: readonly string[]) =>
    value !== undefined && tags.some((tag) => tag === '*' || tag === value.headers?.['etag'])
  if (ifMatch !== undefined && !names(ifMatch)) return 'ifMatch'
  return ifNoneMatch !== undefined && names(ifNoneMatch) ? 'ifNoneMatch' : undefined
}

function read(register: Register | undefined, nowMs: number): Outcome {
  const value = liveValue(register, nowMs)
  if (register === undefined || value === undefined) return { type: 'missing' }
  const { contentType, body, headers = {}, facts } = value
  const status = facts?.status ?? 200
  const ageMs = storedForMs(value, register.endsAtMs, nowMs)
  const response = {
    type: 'response',
    status,
    contentType,
    body,
    headers,
    ageMs,
    cacheStatus: 'hit',
  } as const
  return facts === undefined ? response : { ...response, facts }
}

function storedForMs({ lifeMs = 0 }: Value, endsAtMs: number, nowMs: number): number {
  return Math.max(0, lifeMs - (endsAtMs - nowMs))
}

/**
 * Some of very many; once it is all that is left, and something may come from elsewhere later, a trace is left for that too:
 * other copies have to look for what it covers. It is older than what is only stale; of a tag there are marks instead.
 */
function forget(
  responses: Responses,
  { key, ...purge }: Purge & { readonly key: string },
  { nowMs, stamp, isCertain }: Moment,
): ResponsesApplied {
  const { tenant, tag, isSoft } = purge
  const trace = tenant === undefined ? traceOf.all(key) : traceOf.tenant(key, tenant)
  const all = Iterator.from(responses.under(`${trace}\0`))
  // What is looked at may end with that, and not be among them any more.
  const meant =
    tag === undefined && !isSoft
      ? all
      : all.toArray().filter((id) => isToGo(id, responses.get(id), { purge, nowMs }))
  const some = Iterator.from(meant).take(FORGOTTEN_AT_ONCE).toArray()
  const isPart = some.length === FORGOTTEN_AT_ONCE
  const isLeft = !isCertain && !isPart && tag === undefined
  const left = isLeft ? [{ id: trace, entry: gone(stamp(), nowMs) }] : []
  const changes = some.map((id) => {
    const register = isSoft ? responses.get(id) : undefined
    return {
      id,
      entry: register?.value
        ? stale(register, register.value, { stamp: stamp(), nowMs })
        : gone(stamp(), nowMs),
    }
  })
  return { outcome: { type: 'deleted', ...(isPart && { isPart: true }) }, changes: [...changes, ...left] }
}

/** It is one of those, and not gone or stale already. */
export function isToGo(
  id: string,
  register: Register | undefined,
  { purge, nowMs }: { readonly purge: Purge; readonly nowMs: number },
): register is Present {
  const value = liveValue(register, nowMs)
  if (register === undefined || value === undefined || !isMeant(id, value, purge)) return false
  const { staleAtMs = Infinity } = value.facts ?? {}
  return purge.isSoft !== true || staleAtMs > storedForMs(value, register.endsAtMs, nowMs)
}

function gone(stamp: Stamp, nowMs: number): Register {
  return { kind: 'register', stamp, endsAtMs: nowMs }
}

function stale(
  register: Register,
  value: Value,
  { stamp, nowMs }: { readonly stamp: Stamp; readonly nowMs: number },
): Register {
  const staleAtMs = storedForMs(value, register.endsAtMs, nowMs)
  return { ...register, stamp, value: { ...value, facts: { ...value.facts, staleAtMs } } }
}
