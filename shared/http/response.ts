/** What a handler answers: plain data, that whoever took the request in sends off. */
import type { ServerResponse } from 'node:http'
import type { Audited } from '../audit.ts'
import { type LarderError, toLarderError } from '../errors.ts'
import { Pieces } from './pieces.ts'

export type ResponseBody = string | Uint8Array | Pieces

export interface HttpResponse {
  readonly status: number
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: ResponseBody
  /** Instead of a body: goes on behind the headers for as long as it likes, and ends the answer. */
  live?(out: ServerResponse): void
  /** What the body tells of, for the log. */
  readonly error?: LarderError
  /** What was done, where the log is to tell of that whoever asks. */
  readonly audited?: Audited
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' }
const NO_HEADERS = {}

export function json(value: unknown): HttpResponse {
  return jsonText(JSON.stringify(value))
}

/** Of what is JSON already. */
export function jsonText(body: string | Pieces): HttpResponse {
  return { status: 200, headers: JSON_HEADERS, body }
}

/** Without a body: either the status says so already, or its length has to. */
export function empty(status: number, headers: Readonly<Record<string, string>> = NO_HEADERS): HttpResponse {
  return status === 204 || status === 304 ? { status, headers } : { status, headers, body: '' }
}

export function bytesOf(body: ResponseBody | undefined): number {
  if (body === undefined) return 0
  return body instanceof Pieces ? body.bytes : Buffer.byteLength(body)
}

/** Whether an answer with this status never has a body (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/** Whatever was thrown, as RFC 9457 has it. */
export function problem(
  thrown: unknown,
  headers: Readonly<Record<string, string>> = NO_HEADERS,
): HttpResponse {
  const error = toLarderError(thrown)
  const { status, retryAfterSeconds } = error
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(error.toProblem()),
    error,
  }
}
