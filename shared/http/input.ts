/** What a request carries, read within limits. Whatever cannot be understood is an error with an answer. */
import { isUtf8 } from 'node:buffer'
import { type ZodType, z } from 'zod'
import { type ErrorCode, LarderError } from '../errors.ts'
import { readingFields } from '../json.ts'
import type { Fields, Names } from '../json-fields.ts'
import { isJson, isSaidUnasked } from '../media-type.ts'
import { sayMisfit } from '../misfit.ts'
import { type Steps, workOn } from '../steps.ts'
import { refuseOthers } from '../unknown-field.ts'
import { readBody } from './body.ts'
import { readQuery } from './query.ts'
import type { HttpRequest } from './request.ts'

export { decode, readQuery } from './query.ts'

/**
 * The fields with these names of a JSON object.
 * @throws LarderError as `readJsonBody`, BAD_REQUEST, also for what is no object, and UNKNOWN_FIELD for any other name.
 */
export async function readFields(request: HttpRequest, bytesMax: number, names: Names): Promise<Fields> {
  return asObject(await readJson(request, bytesMax, (body) => readingFields(body, names))).limitedTo()
}

/** @throws LarderError BAD_REQUEST for what is no object. */
export function asObject<T>(read: T | undefined): T {
  if (read === undefined) throw new LarderError('BAD_REQUEST', 'A JSON object is needed here.')
  return read
}

/** What the work makes of a body that is JSON. @throws LarderError as `readJsonBody` and the work do. */
export function readJson<T>(
  request: HttpRequest,
  bytesMax: number,
  work: (body: Uint8Array) => Steps<T>,
): Promise<T> {
  return readJsonBody(request, bytesMax).then((body) => workOn(request.turns, body, work))
}

/**
 * A body that is said to be JSON, or of which nothing was said but what clients say unasked.
 * @throws LarderError as `readBody`, and UNSUPPORTED_MEDIA_TYPE.
 */
function readJsonBody(request: HttpRequest, bytesMax: number): Promise<Buffer> {
  const type = request.header('content-type') || undefined
  const isSaid = type !== undefined && isJson(type)
  if (isSaid || (mayBeUnsaid(type) && !isCrossSite(request))) return readBody(request, bytesMax)
  const detail = `Send Content-Type: application/json, not ${type ?? 'none'}.`
  return Promise.reject(new LarderError('UNSUPPORTED_MEDIA_TYPE', detail))
}

function mayBeUnsaid(type: string | undefined): boolean {
  return type === undefined || isSaidUnasked(type)
}

/** Just these types a page of somebody else may make a browser send without asking first; then the browser says so. */
export function isCrossSite(request: HttpRequest): boolean {
  return request.header('sec-fetch-site') === 'cross-site'
}

/** A form has no more fields than that, and none of them more bytes: whoever reads one looks for few and short ones. */
const FORM_FIELDS_MAX = 16
const FORM_FIELD_BYTES_MAX = 16 * 2 ** 10

/** @throws LarderError BAD_REQUEST as `readQuery`, and for what is no form that anybody reads. */
export function readForm(body: Buffer): Map<string, string> {
  const fields: string[] = []
  for (let start = 0, end: number; start < body.length; start = end + 1) {
    end = body.indexOf('&', start)
    if (end === -1) end = body.length
    if (fields.length === FORM_FIELDS_MAX)
      throw new LarderError('BAD_REQUEST', `The form has more than ${FORM_FIELDS_MAX} fields.`)
    if (end - start > FORM_FIELD_BYTES_MAX)
      throw new LarderError('BAD_REQUEST', `A field of the form has more than ${FORM_FIELD_BYTES_MAX} bytes.`)
    const field = body.subarray(start, end)
    if (!isUtf8(field)) throw new LarderError('BAD_REQUEST', 'The form is not UTF-8.')
    fields.push(field.toString())
  }
  return readQuery(fields.join('&'))
}

/** @throws LarderError of this code, naming every field that does not fit the schema. */
export function fit<T extends ZodType>(
  schema: T,
  input: unknown,
  code: ErrorCode = 'BAD_REQUEST',
): z.infer<T> {
  const result = schema.safeParse(input, { error: sayMisfit })
  if (result.success) return result.data
  for (const issue of result.error.issues)
    if (issue.code === 'unrecognized_keys' && schema instanceof z.ZodObject)
      refuseOthers(issue.keys, Object.keys(schema.shape), 'the JSON')
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new LarderError(code, issues.join('; '))
}
