/**
 * Cached responses: registers in the slot of their path, one a tenant and query, so that what concerns an object
 * concerns one slot. They are a cache of something else: they are neither kept on disk nor outlive a doubt.
 */
import type { KeyCommand, Outcome } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { liveValue, type Register } from './register.ts'
import { wallOf } from './stamp.ts'
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

function responseId({ key, tenant, query }: { key: string; tenant: string; query: string }): string {
  return `a${key}\0${tenant}\0${query}`
}

/** Of a response: whose it is. */
export function tenantOf(id: string): string {
  return id.split('\0')[1] ?? ''
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
      const value = { contentType, body, headers }
      const entry: Register = { kind: 'register', stamp: moment.stamp(), value, endsAtMs }
      return { outcome: { type: 'reacted' }, changes: [{ id: responseId(command), entry }] }
    }
    case 'response.delete':
      return forget(responses, `a${command.key}\0${command.tenant}\0`, moment)
    case 'response.invalidate':
      return forget(responses, `a${command.key}\0`, moment)
    default:
      return assertNever(command)
  }
}

function read(register: Register | undefined, nowMs: number): Outcome {
  const value = liveValue(register, nowMs)
  if (register === undefined || value === undefined) return { type: 'missing' }
  const { contentType, body, headers = {} } = value
  const ageMs = Math.max(0, nowMs - wallOf(register.stamp))
  return { type: 'response', status: 200, contentType, body, headers, ageMs, cacheStatus: 'hit' }
}

function forget(responses: Responses, prefix: string, { nowMs, stamp }: Moment): ResponsesApplied {
  const live = [...responses.under(prefix)].filter((id) => liveValue(responses.get(id), nowMs) !== undefined)
  const changes = live.map((id) => ({
    id,
    entry: { kind: 'register' as const, stamp: stamp(), endsAtMs: nowMs },
  }))
  return { outcome: { type: 'deleted' }, changes }
}
