/**
 * What came of a command, in the head of a frame: as with commands, what there is most of is a list,
 * `["missing","node-1"]`, and so is an error, `["error","WRONG_OWNER","…"]`; all other replies are objects.
 */
import type { Reply } from '../../../shared/command.ts'
import { type ErrorCode, isErrorCode } from '../../../shared/errors.ts'
import { flag, list, number, text, typeOf } from './fields.ts'
import { FORMER } from './format.ts'
import type { FrameReader, FrameWriter } from './frame.ts'
import { keys } from './keys-reply.ts'
import type { ReplyWire } from './reply-wire.ts'
import { stampOf, toLive } from './times.ts'

export type Result =
  | { readonly reply: Reply }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

type ReplyOf<T extends Reply['type']> = Extract<Reply, { readonly type: T }>

const value: ReplyWire<ReplyOf<'value'>> = {
  word: 'value',
  toField({ type, owner, contentType, body, stamp, ttlMs }, frame) {
    const told = [type, owner, contentType, frame.body(body, contentType), stamp.time, stamp.origin]
    return ttlMs === undefined || frame.format === FORMER ? told : [...told, ttlMs]
  },
  of(field, frame) {
    const isPassing = frame.format !== FORMER && list(field).length === 7
    const [, owner, contentType, body, time, origin, ttlMs] = list(field, isPassing ? 7 : 6)
    const content = { contentType: text(contentType), body: frame.body(body) }
    const reply = {
      type: 'value',
      ...content,
      stamp: stampOf(time, origin, frame),
      owner: text(owner),
    } as const
    return isPassing ? { ...reply, ttlMs: number(ttlMs) } : reply
  },
  bytes: ({ body }) => body.length,
}

const stored: ReplyWire<ReplyOf<'stored'>> = {
  word: 'stored',
  toField: ({ type, owner, stamp, created }) => [type, owner, stamp.time, stamp.origin, created],
  of(field, frame) {
    const [, owner, time, origin, created] = list(field, 5)
    return { type: 'stored', stamp: stampOf(time, origin, frame), created: flag(created), owner: text(owner) }
  },
  bytes: () => 0,
}

function totalAs<T extends 'total' | 'outOfBounds'>(
  type: T,
): ReplyWire<{ readonly type: T; readonly value: string; readonly ttlMs?: number; readonly owner: string }> {
  return {
    word: type,
    toField: ({ owner, value, ttlMs = null }, { format }) =>
      format === FORMER ? [type, owner, value] : [type, owner, value, ttlMs],
    of(field, frame) {
      const [, owner, value, ttlMs = null] = list(field, frame.format === FORMER ? 3 : 4)
      const total = { type, value: text(value), owner: text(owner) }
      return ttlMs === null ? total : { ...total, ttlMs: toLive(ttlMs, frame) }
    },
    bytes: () => 0,
  }
}

const response: ReplyWire<ReplyOf<'response'>> = {
  word: 'response',
  toField: (reply, frame) => ({ ...reply, body: frame.body(reply.body) }),
  of(field, frame) {
    const reply = rareOf<ReplyOf<'response'>>(field)
    return { ...reply, body: frame.body(reply.body) }
  },
  bytes: ({ body }) => body.length,
}

/** One that says nothing but its type. */
function plain<T extends string>(
  type: T,
  word: string = type,
): ReplyWire<{ readonly type: T; readonly owner: string }> {
  return {
    word,
    toField: ({ owner }) => [word, owner],
    of: (field) => ({ type, owner: text(list(field, 2)[1]) }),
    bytes: () => 0,
  }
}

/** One that is told with the names that it has here. */
function rare<T extends Reply['type']>(word: T, bytes: (reply: ReplyOf<T>) => number): ReplyWire<ReplyOf<T>> {
  return { word, toField: (reply) => reply, of: (field) => rareOf<ReplyOf<T>>(field), bytes }
}

/** What such a reply says is not looked at: it goes to whoever asked, as the other member has said it. */
function rareOf<R extends Reply>(field: unknown): R {
  if (typeof field !== 'object' || field === null || Array.isArray(field) || !('owner' in field))
    throw new TypeError('a reply is none')
  text(field.owner)
  return field as R
}

/** What came of each command, as it is told by itself. */
const together: ReplyWire<ReplyOf<'together'>> = {
  word: 'together',
  toField: ({ type, owner, outcomes, isDone }, frame) => [
    type,
    owner,
    isDone,
    outcomes.map((outcome) => toResultField({ reply: { ...outcome, owner } }, frame)),
  ],
  of(field, frame) {
    const [, owner, isDone, outcomes] = list(field, 4)
    return {
      type: 'together',
      outcomes: list(outcomes).map((one) => {
        const result = resultOf(one, frame)
        if ('error' in result) throw new TypeError('an outcome is none')
        return result.reply
      }),
      isDone: flag(isDone),
      owner: text(owner),
    }
  },
  bytes: ({ outcomes, owner }) => outcomes.reduce((sum, one) => sum + bytesOfReply({ ...one, owner }), 0),
}

/** Made of lists, however long. */
function lengthOf(reply: Reply): number {
  return JSON.stringify(reply).length
}

const REPLIES: { readonly [T in Reply['type']]: ReplyWire<ReplyOf<T>> } = {
  value,
  stored,
  total: totalAs('total'),
  outOfBounds: totalAs('outOfBounds'),
  response,
  description: rare('description', () => 0),
  keys,
  cleared: rare('cleared', () => 0),
  deleted: plain('deleted'),
  missing: plain('missing'),
  // What it was called when only reactions were answered so: format 3 goes on saying it.
  done: plain('done', 'reacted'),
  mismatch: rare('mismatch', () => 0),
  limit: rare('limit', () => 0),
  counts: rare('counts', lengthOf),
  changed: rare('changed', () => 0),
  together,
  users: rare('users', lengthOf),
  activity: rare('activity', lengthOf),
}

const BY_WORD = new Map<unknown, ReplyWire<Reply>>(Object.values(REPLIES).map((wire) => [wire.word, wire]))

export function toResultField(result: Result, frame: FrameWriter): unknown {
  if ('error' in result) {
    const { code, detail } = result.error
    return ['error', frame.format === FORMER ? formerCode(code) : code, detail]
  }
  return wireOf(result.reply).toField(result.reply, frame)
}

/** Who speaks the former format does not know of a memory that is full, nor of types, and would understand nothing of the frame. */
function formerCode(code: ErrorCode): ErrorCode {
  if (code === 'WRONG_TYPE') return 'OUT_OF_RANGE'
  return code === 'MEMORY_FULL' ? 'OVERLOADED' : code
}

/** @throws when no member would answer so. */
export function resultOf(field: unknown, frame: FrameReader): Result {
  const word = typeOf(field)
  if (word === 'error') return { error: errorOf(field) }
  const wire = BY_WORD.get(word)
  if (wire === undefined) throw new TypeError('a reply is none that members know')
  return { reply: wire.of(field, frame) }
}

function errorOf(field: unknown): { code: ErrorCode; detail: string } {
  const [, code, detail] = list(field, 3)
  if (!isErrorCode(code)) throw new TypeError('an error has no code')
  return { code, detail: text(detail) }
}

/** What a reply takes of a frame, about; 0 where that is little. */
export function bytesOfReply(reply: Reply): number {
  return wireOf(reply).bytes(reply)
}

/** What is told all the time needs no looking up. */
function wireOf({ type }: Reply): ReplyWire<Reply> {
  if (type === 'value') return REPLIES.value
  if (type === 'stored') return REPLIES.stored
  if (type === 'total') return REPLIES.total
  if (type === 'missing') return REPLIES.missing
  return REPLIES[type]
}
