/**
 * What came of a command, in the head of a frame: as with commands, what there is most of is a list,
 * `["missing","node-1"]`, and so is an error, `["error","WRONG_OWNER","…"]`; all other replies are objects.
 */
import type { Reply } from '../../../shared/command.ts'
import { type ErrorCode, isErrorCode } from '../../../shared/errors.ts'
import { flag, list, stamp, text } from './fields.ts'
import type { FrameReader, FrameWriter } from './frame.ts'

export type Result =
  | { readonly reply: Reply }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

export function toResultField(result: Result, frame: FrameWriter): unknown {
  if ('error' in result) return ['error', result.error.code, result.error.detail]
  const { reply } = result
  const { type, owner } = reply
  switch (type) {
    case 'value':
      return [type, owner, reply.contentType, frame.body(reply.body), reply.stamp.time, reply.stamp.origin]
    case 'stored':
      return [type, owner, reply.stamp.time, reply.stamp.origin, reply.created]
    case 'total':
      return [type, owner, reply.value]
    case 'deleted':
    case 'missing':
    case 'reacted':
      return [type, owner]
    case 'response':
      return { ...reply, body: frame.body(reply.body) }
    default:
      return reply
  }
}

/** @throws when no member would answer so. */
export function resultOf(field: unknown, frame: FrameReader): Result {
  if (!Array.isArray(field)) return { reply: rareReplyOf(field, frame) }
  if (field[0] === 'error') {
    const [, code, detail] = list(field, 3)
    if (!isErrorCode(code)) throw new TypeError('an error has no code')
    return { error: { code, detail: text(detail) } }
  }
  return { reply: replyOf(field, frame) }
}

function replyOf(field: readonly unknown[], frame: FrameReader): Reply {
  const type = field[0]
  const owner = text(field[1])
  switch (type) {
    case 'value': {
      const [, , contentType, body, time, origin] = list(field, 6)
      const content = { contentType: text(contentType), body: frame.body(body) }
      return { type, ...content, stamp: stamp(time, origin), owner }
    }
    case 'stored': {
      const [, , time, origin, created] = list(field, 5)
      return { type, stamp: stamp(time, origin), created: flag(created), owner }
    }
    case 'total':
      return { type, value: text(list(field, 3)[2]), owner }
    case 'deleted':
    case 'missing':
    case 'reacted':
      list(field, 2)
      return { type, owner }
    default:
      throw new TypeError('a reply is none that members know')
  }
}

const RARE: readonly unknown[] = [
  'mismatch',
  'counts',
  'users',
  'activity',
  'response',
] satisfies Reply['type'][]

/** What such a reply says is not looked at: it goes to whoever asked, as the other member has said it. */
function rareReplyOf(field: unknown, frame: FrameReader): Reply {
  if (typeof field !== 'object' || field === null) throw new TypeError('a reply is none')
  const { type, owner, body } = field as Partial<Record<string, unknown>>
  if (!RARE.includes(type)) throw new TypeError('a reply is none that members know')
  text(owner)
  return (type === 'response' ? { ...field, body: frame.body(body) } : field) as Reply
}

/** Replies that are made of lists, however long. */
const LISTS: readonly Reply['type'][] = ['counts', 'users', 'activity']

/** What a reply that carries a value or a list takes of a frame, about; all others are small. */
export function bytesOfReply(reply: Reply): number {
  if ('body' in reply) return reply.body.length
  return LISTS.includes(reply.type) ? JSON.stringify(reply).length : 0
}
