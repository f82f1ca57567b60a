/** What a case is made of: requests, and all that their answers are. */
import { integerOf } from '../../shared/placement.ts'
import { ownerOf } from '../support/cluster.ts'

export type Headers = Readonly<Record<string, string>>

export interface Expected {
  readonly status: number
  /** All of them, besides those that every answer has; `<tag>`, `<age>` and `ttl=<n>` stand for what differs. */
  readonly headers?: Headers
  /** The body; there is none where there is neither this nor `json` nor `code`. */
  readonly text?: string
  readonly json?: unknown
  /** Of a problem. */
  readonly code?: string
  /** What is told of a body that is not sent: the answer is to HEAD. */
  readonly length?: number
}

export interface Step {
  /** Like `GET /api?key=a`. */
  readonly request: string
  readonly headers?: Headers
  readonly body?: string
  /** A body in chunks, as they go over the wire. */
  readonly chunks?: string
  /** The same as an operation of a batch. */
  readonly op?: string
  readonly expected: Expected
}

/** Cases by their names: the key that decides who is asked, and what is said one after the other. */
export type Cases = Readonly<Record<string, readonly [key: string, ...steps: Step[]]>>

export const JSON_TYPE = { 'content-type': 'application/json' }
export const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

const MEMBERS = ['a', 'b']

/** The entry as /api tells it. */
export function entry(key: string, data: unknown): Expected {
  const node = ownerOf(key, MEMBERS)
  return ok({ key, id: String(integerOf(key)), node, data })
}

export function ok(json: unknown): Expected {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, json }
}

export function refused(status: number, code: string, headers: Headers = {}): Expected {
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, code }
}

export function step(
  request: string,
  expected: Expected,
  sent: Omit<Step, 'request' | 'expected'> = {},
): Step {
  return { request, expected, ...sent }
}

/** With JSON: a value, or text that is sent as it is. */
export function stepWith(
  request: string,
  value: unknown,
  expected: Expected,
  sent: Pick<Step, 'headers' | 'op'> = {},
): Step {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  return { request, body, expected, ...sent, headers: { ...JSON_TYPE, ...sent.headers } }
}
