/**
 * Parts of what is read (RFC 9110, section 14). Several ranges at once, and units other than bytes, are answered with the
 * whole, as they may be.
 */
import { z } from 'zod'
import { LarderError } from '../errors.ts'
import type { HttpRequest } from './request.ts'
import { bytesOf, type HttpResponse, problem, type ResponseBody } from './response.ts'
import type { Parameter } from './route.ts'

/** Both ends are in it. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export const rangeParameters: readonly Parameter[] = [
  {
    in: 'header',
    name: 'Range',
    description: 'Which bytes of it, such as bytes=0-99; several parts at once are answered with the whole.',
    schema: z.string(),
  },
  {
    in: 'header',
    name: 'If-Range',
    description: 'The part only if the entity tag is this one, else the whole.',
    schema: z.string(),
  },
]

/** @throws LarderError BAD_REQUEST for a part of what is to be stored (RFC 9110, section 14.5). */
export function refusePart(request: HttpRequest): void {
  if (request.header('content-range') !== undefined)
    throw new LarderError('BAD_REQUEST', 'Content-Range: it is stored as a whole, not in parts.')
}

const ONE_RANGE = /^bytes[ \t]*=[ \t,]*(\d*)-(\d*)[ \t,]*$/i

/** What a header `Range` asks of so many bytes: `undefined` for all of them, `none` where it lies beyond them. */
export function rangeOf(header: string, bytes: number): ByteRange | 'none' | undefined {
  const [, from, to] = ONE_RANGE.exec(header) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  if (from === '') {
    const count = Math.min(Number(to), bytes)
    return count === 0 ? 'none' : { first: bytes - count, last: bytes - 1 }
  }
  const [first, last] = [Number(from), to === '' ? Infinity : Number(to)]
  if (last < first) return undefined
  return first >= bytes ? 'none' : { first, last: Math.min(last, bytes - 1) }
}

/** The part of a 200 that a GET asks for, where it does; says that it can be asked for. */
export function ranged(request: HttpRequest, answer: HttpResponse): HttpResponse {
  const { body, status } = answer
  const headers = { ...answer.headers, 'accept-ranges': 'bytes' }
  const range = request.header('range')
  if (range === undefined || body === undefined || request.method !== 'GET' || status !== 200)
    return { ...answer, headers }
  if (!isStill(request.header('if-range'), answer.headers['etag'])) return { ...answer, headers }
  const bytes = bytesOf(body)
  const asked = rangeOf(range, bytes)
  if (asked === undefined) return { ...answer, headers }
  if (asked === 'none') {
    const error = new LarderError('RANGE_NOT_SATISFIABLE', `It has ${bytes} bytes.`)
    return problem(error, { 'accept-ranges': 'bytes', 'content-range': `bytes */${bytes}` })
  }
  const { first, last } = asked
  return {
    status: 206,
    headers: { vary: 'accept-encoding', ...headers, 'content-range': `bytes ${first}-${last}/${bytes}` },
    body: bytesIn(body).subarray(first, last + 1),
  }
}

/** By a strong comparison; a date is none of ours. A tag of what was coded is one of other bytes. */
function isStill(ifRange: string | undefined, tag: string | undefined): boolean {
  return ifRange === undefined || ifRange.trim() === tag
}

function bytesIn(body: ResponseBody): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body)
  return body instanceof Uint8Array ? body : Buffer.concat([...body])
}
