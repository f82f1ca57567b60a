/** What a batch can do with values. */
import { z } from 'zod'
import type { Body, Reply, Stamp } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Pieces } from '../../shared/http/pieces.ts'
import type { Fields } from '../../shared/json-fields.ts'
import { isJson } from '../../shared/media-type.ts'
import type { Steps } from '../../shared/steps.ts'
import { deletedText, endingText, entryFields, quoted } from './api.ts'
import { readingBase64, tellingBase64 } from './base64.ts'
import { conditionAmong, noSuchValue, preconditionFailed } from './conditions.ts'
import { parseFlag, parseKey, parseLifetime, parseMediaType, parseTtlMs, Ttl } from './fields.ts'
import { keeping, readingJson, UNTYPED } from './json-data.ts'
import { type Op, taking } from './op.ts'
import { take } from './taking.ts'

const Tags = z.string().meta({ description: 'Entity tags in quotes, with commas between them, or *.' })

const get: Op = {
  schema: taking('get', {}),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return { command: { type: 'value.get', key }, telling: (reply, told) => tellingValue(key, reply, told) }
  },
}

const has: Op = {
  schema: taking('has', {}),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return {
      command: { type: 'value.describe', key },
      telling({ owner, type }, told) {
        told.add(`${resultFields(key, owner)},"has":${type === 'description'}}`)
      },
    }
  },
}

const set: Op = {
  schema: taking('set', {
    data: z.unknown().optional(),
    base64: z.base64().optional(),
    content_type: z.string().optional(),
    ttl: Ttl.optional(),
    keep_ttl: z.boolean().optional(),
    if_match: Tags.optional(),
    if_none_match: Tags.optional(),
  }),
  *reading(fields) {
    const key = parseKey(fields.get('key'))
    const { data, ...value } = yield* readingValue(fields)
    return {
      command: { type: 'value.set', key, ...value, ...lifeAmong(fields), ...conditionAmong(fields) },
      telling(reply, told) {
        const { stamp } = storedBy(reply)
        told.add(resultFields(key, reply.owner))
        if (data !== undefined) told.add(',"data":').add(data)
        told.add(`${tagText(stamp)}}`)
      },
    }
  },
}

const forget: Op = {
  schema: taking('delete', { if_match: Tags.optional() }),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    return {
      command: { type: 'value.delete', key, ...conditionAmong(fields) },
      telling(reply, told) {
        if (reply.type === 'mismatch') throw preconditionFailed(reply.stamp)
        told.add(`${resultFields(key, reply.owner)},"data":null${deletedText(reply.type === 'deleted')}}`)
      },
    }
  },
}

const takeOp: Op = {
  schema: taking('take', { if_match: Tags.optional() }),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    const asked = { key, ...conditionAmong(fields) }
    return {
      // Whatever follows has to wait as for any write.
      command: { type: 'value.delete', ...asked },
      run: (means) => take({ ...asked, ...means }),
      telling(reply, told) {
        if (reply.type === 'mismatch') throw preconditionFailed(reply.stamp)
        if (reply.type !== 'value') throw noSuchValue()
        return tellingValue(key, reply, told)
      },
    }
  },
}

const touch: Op = {
  schema: taking('touch', { ttl: Ttl.nullable(), if_match: Tags.optional() }),
  reading(fields) {
    const key = parseKey(fields.get('key'))
    const life = parseLifetime(fields.get('ttl'))
    return {
      command: { type: 'value.touch', key, ...life, ...conditionAmong(fields) },
      telling(reply, told) {
        const { stamp } = storedBy(reply)
        told.add(`${resultFields(key, reply.owner)}${tagText(stamp)}${endingText(life)}}`)
      },
    }
  },
}

export const VALUE_OPS = { get, has, set, delete: forget, take: takeOp, touch }

type ValueReply = Extract<Reply, { type: 'value' }>

interface Received {
  readonly contentType: string
  readonly body: Body
  /** The same, where it came as JSON. */
  readonly data?: Body
}

/** What is to be stored. @throws LarderError BAD_REQUEST. */
function* readingValue(fields: Fields): Steps<Received> {
  const data = yield* fields.kept('data')
  const base64 = yield* fields.kept('base64')
  const type = fields.get('content_type')
  if (data !== undefined) {
    if (base64 !== undefined || type !== undefined)
      throw new LarderError('BAD_REQUEST', 'data: alone, or base64 with content_type instead.')
    return { contentType: 'application/json', body: data, data }
  }
  if (base64 === undefined) throw new LarderError('BAD_REQUEST', 'data: missing.')
  const contentType = type === undefined ? UNTYPED : parseMediaType('content_type', type)
  return yield* keeping(contentType, yield* readingBase64('base64', base64))
}

/** @throws LarderError BAD_REQUEST. */
function lifeAmong(fields: Fields): { ttlMs?: number; keepsTtl?: true } {
  const ttl = fields.get('ttl')
  const keepsTtl = parseFlag('keep_ttl', fields.get('keep_ttl'))
  if (ttl === undefined) return keepsTtl ? { keepsTtl } : {}
  if (keepsTtl) throw new LarderError('BAD_REQUEST', 'keep_ttl: not together with ttl.')
  return { ttlMs: parseTtlMs(ttl) }
}

function tellingValue(key: string, reply: Reply, told: Pieces): Steps<void> | undefined {
  const fields = resultFields(key, reply.owner)
  if (reply.type !== 'value') return void told.add(`${fields},"data":null}`)
  // As most values are, which are told without work that could be left.
  if (reply.contentType !== 'application/json') return tellingTyped(fields, reply, told)
  return void told.add(`${fields},"data":`).add(reply.body).add(endOf(reply))
}

function* tellingTyped(fields: string, reply: ValueReply, told: Pieces): Steps<void> {
  const { contentType, body } = reply
  const data = yield* readingJson(reply)
  told.add(fields)
  if (data !== undefined) told.add(',"data":').add(data)
  // What is JSON by chance may have been meant as text, or as bytes: it is told in both ways.
  if (data === undefined || !isJson(contentType)) {
    told.add(',"base64":"')
    yield* tellingBase64(typeof body === 'string' ? Buffer.from(body) : body, told)
    told.add('"')
  }
  told.add(`,"content_type":${JSON.stringify(contentType)}`).add(endOf(reply))
}

function endOf(reply: ValueReply): string {
  return `${tagText(reply.stamp)}${endingText(reply)}}`
}

/** @throws LarderError PRECONDITION_FAILED, or NO_SUCH_KEY. */
function storedBy(reply: Reply): { readonly stamp: Stamp } {
  if (reply.type === 'stored') return reply
  throw reply.type === 'mismatch' ? preconditionFailed(reply.stamp) : noSuchValue()
}

function resultFields(key: string, owner: string): string {
  return `{"status":200,${entryFields(key, owner)}`
}

/** The tag as JSON; its origins are few. */
function tagText({ time, origin }: Stamp): string {
  return `,"etag":"\\"${time}-${quoted(origin).slice(1, -1)}\\""`
}
