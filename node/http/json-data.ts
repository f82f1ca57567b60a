/**
 * What of stored values can be told as JSON: what was stored as JSON, and what is JSON though nobody has said so, as it came
 * as clients send things unasked.
 */
import type { Body } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import { keepingJson } from '../../shared/json.ts'
import { ownBytes } from '../../shared/json-fields.ts'
import { isJson, isSaidUnasked } from '../../shared/media-type.ts'
import { type Steps, workOn } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'

/** What a body is kept as that came without any type. */
export const UNTYPED = 'application/octet-stream'

interface Stored {
  readonly contentType: string
  readonly body: Body
}

/** As JSON. @throws LarderError NOT_JSON, now or later. */
export function jsonOf(value: Stored, turns: Turns): Eventual<Body> {
  if (isJson(value.contentType)) return value.body
  const bytes = bytesIn(value)
  return bytes === undefined ? fail(value) : workOn(turns, bytes, (body) => readingAny(body, value))
}

/** The same in steps; `undefined` for what is no JSON. */
export function* readingJson(value: Stored): Steps<Body | undefined> {
  if (isJson(value.contentType)) return value.body
  const bytes = bytesIn(value)
  return bytes && (yield* readingUnsaid(bytes))
}

/** To be stored: JSON is checked, so that it can be told as it is; anything else is kept byte for byte. */
export function* keeping(contentType: string, bytes: Uint8Array): Steps<Stored> {
  if (!isJson(contentType)) return { contentType, body: ownBytes(bytes) }
  return { contentType, body: yield* keepingJson(bytes) }
}

function* readingAny(body: Uint8Array, value: Stored): Steps<Body> {
  return (yield* readingUnsaid(body)) ?? fail(value)
}

/** Of what may be JSON though it is not called so. */
function bytesIn({ contentType, body }: Stored): Uint8Array | undefined {
  if (contentType !== UNTYPED && !isSaidUnasked(contentType)) return undefined
  return typeof body === 'string' ? Buffer.from(body) : body
}

function* readingUnsaid(body: Uint8Array): Steps<Body | undefined> {
  try {
    return yield* keepingJson(body)
  } catch (error) {
    if (error instanceof LarderError) return undefined
    throw error
  }
}

function fail({ contentType }: Stored): never {
  throw new LarderError('NOT_JSON', `It is ${contentType}; read it at /api/v1/kv/{key}.`)
}
