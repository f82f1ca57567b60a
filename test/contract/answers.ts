/** What is answered to whoever asks for a value as a resource. */
import { type Expected, refused } from './step.ts'

export const BAD = refused(400, 'BAD_REQUEST')
export const MISSING = refused(404, 'NO_SUCH_KEY')
const RANGES = { 'accept-ranges': 'bytes' }
export const created: Expected = { status: 201, headers: { etag: '<tag>' } }
export const replaced: Expected = { status: 204, headers: { etag: '<tag>' } }
export const gone: Expected = { status: 204 }

export function text(body: string, type = 'text/plain'): Expected {
  return { status: 200, headers: { 'content-type': type, etag: '<tag>', ...RANGES }, text: body }
}
