/** Base64 (RFC 4648, section 4) as fields of JSON have it, some in a step: a value may be as large as a body. */
import { LarderError } from '../../shared/errors.ts'
import type { Pieces } from '../../shared/http/pieces.ts'
import type { Steps } from '../../shared/steps.ts'

/** Whole groups, of three bytes and of four letters. */
const STEP_BYTES = 48 * 2 ** 10
const STEP_LENGTH = 64 * 2 ** 10

export function* tellingBase64(bytes: Uint8Array, told: Pieces): Steps<void> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let start = 0; start < all.length; start += STEP_BYTES) {
    if (start > 0) yield
    told.add(all.toString('base64', start, start + STEP_BYTES))
  }
}

/** The bytes that a JSON text stands for. @throws LarderError BAD_REQUEST. */
export function* readingBase64(name: string, json: string | Uint8Array): Steps<Uint8Array> {
  const source =
    typeof json === 'string'
      ? Buffer.from(json, 'latin1')
      : Buffer.from(json.buffer, json.byteOffset, json.length)
  const end = source.length - 1
  if (source.length < 2 || source[0] !== QUOTE) throw notBase64(name)
  const bytes = Buffer.allocUnsafeSlow(Math.ceil((end * 3) / 4))
  let [length, rest] = [0, '']
  for (let start = 1; start < end; start += STEP_LENGTH) {
    if (start > 1) yield
    const piece = rest + source.toString('latin1', start, Math.min(start + STEP_LENGTH, end))
    // A slash may be escaped, and what is cut there is whole with the next piece.
    const isCut = piece.endsWith('\\')
    const text = (isCut ? piece.slice(0, -1) : piece).replaceAll('\\/', '/')
    const isLast = start + STEP_LENGTH >= end
    const whole = isLast ? text.length : text.length - (text.length % 4)
    if (!(isLast ? LAST : INNER).test(text.slice(0, whole)) || (isLast && (isCut || whole % 4 !== 0)))
      throw notBase64(name)
    length += bytes.write(text.slice(0, whole), length, 'base64')
    rest = text.slice(whole) + (isCut ? '\\' : '')
  }
  return length === bytes.length ? bytes : new Uint8Array(bytes.subarray(0, length))
}

const QUOTE = 0x22
const INNER = /^[A-Za-z\d+/]*$/
const LAST = /^[A-Za-z\d+/]*={0,2}$/

function notBase64(name: string): LarderError {
  return new LarderError('BAD_REQUEST', `${name}: text in base64 (RFC 4648, section 4), with its padding.`)
}
