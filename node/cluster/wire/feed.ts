/**
 * Both ends of what members ask each other of changes, for those who watch: the head of a request ends with the life that asks
 * and the question; that of an answer with what is told, and with how far that goes.
 */
import { z } from 'zod'
import {
  type FeedAnswer,
  type FeedItem,
  type FeedQuestion,
  REASONS,
  type Told,
  WATCHED,
} from '../../../shared/watching.ts'
import { integer, list, number, text } from './fields.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import { type Heard, type Preamble, preambleOf, toFields } from './preamble.ts'
import { type Now, stampOf } from './times.ts'

export const FEED_PATH = '/cluster/feed'

export interface FeedRequest extends Preamble {
  /** The life of whoever asks. */
  readonly from: string
  readonly question: FeedQuestion
}

export interface FeedResponse extends Preamble {
  readonly answer: FeedAnswer
}

const Position = z.int().min(0)
const Interest = z.object({
  prefix: z.string(),
  key: z.string().exactOptional(),
  kinds: z.array(z.enum(WATCHED)).min(1),
})
const Place = z.object({
  slot: z.int().min(0),
  at: z.int().exactOptional(),
  tie: z.string().exactOptional(),
  content: z.string().exactOptional(),
  reaction: z.string().exactOptional(),
  user: z.string().exactOptional(),
})
const Question = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('changes'),
    after: Position.exactOptional(),
    interests: z.array(Interest),
    holdMs: z.number().min(0).max(60_000),
  }),
  z.object({
    type: z.literal('state'),
    slots: z.string(),
    interest: Interest,
    after: Place.exactOptional(),
  }),
])
const Reason = z.enum(REASONS)
const ttlMs = z.number().exactOptional()
const hasTurned = z.boolean().exactOptional()
const reaction = {
  kind: z.literal('reaction'),
  key: z.string(),
  user: z.string(),
  reaction: z.string(),
  count: z.int().min(0),
}
const Plain = z.union([
  z.object({
    kind: z.literal('counter'),
    key: z.string(),
    value: z.string().regex(/^-?\d{1,20}$/),
    ttlMs,
    hasTurned,
  }),
  z.object({ kind: z.enum(['value', 'counter']), key: z.string(), reason: Reason }),
  z.object({ ...reaction, reason: Reason }),
  z.object({ ...reaction, ttlMs }),
])
const End = z.object({
  position: Position,
  hasMissed: z.boolean(),
  isMore: z.boolean(),
  isLast: z.boolean(),
  next: Place.exactOptional(),
})

export function encodeFeedRequest(request: FeedRequest, now: Now): Buffer {
  const frame = new FrameWriter(request.format, now)
  return frame.finish([...toFields(request, frame), request.from, request.question])
}

/** @throws when the frame is not one. */
export function decodeFeedRequest(bytes: Buffer, now: Now): FeedRequest & Heard {
  const frame = new FrameReader(bytes, now)
  const [, , , from, question] = list(frame.head, 5)
  frame.end()
  return { ...preambleOf(frame), from: text(from), question: Question.parse(question) }
}

export function encodeFeedResponse(response: FeedResponse, now: Now): Buffer {
  const frame = new FrameWriter(response.format, now)
  const { items, ...end } = response.answer
  const told = items.map(({ at, told, time }) => [at, time, toldField(told, frame)])
  return frame.finish([...toFields(response, frame), told, end])
}

/** @throws when the frame is not one. */
export function decodeFeedResponse(bytes: Buffer, now: Now): FeedResponse & Heard {
  const frame = new FrameReader(bytes, now)
  const [, , , told, end] = list(frame.head, 5)
  const items = list(told).map((field): FeedItem => {
    const [at, time, said] = list(field, 3)
    return { at: integer(at), told: toldOf(said, frame), time: number(time) }
  })
  frame.end()
  return { ...preambleOf(frame), answer: { items, ...End.parse(end) } }
}

/** What there is most of is a list. */
function toldField(told: Told, frame: FrameWriter): unknown {
  if (!('body' in told)) return told
  const { key, contentType, body, stamp, ttlMs = null, hasTurned = false } = told
  return [key, contentType, frame.body(body, contentType), stamp.time, stamp.origin, ttlMs, hasTurned]
}

function toldOf(field: unknown, frame: FrameReader): Told {
  if (!Array.isArray(field)) return Plain.parse(field)
  const [key, contentType, body, time, origin, left, hasTurned] = list(field, 7)
  const life = left === null ? {} : { ttlMs: z.number().parse(left) }
  return {
    kind: 'value',
    key: text(key),
    contentType: text(contentType),
    body: frame.body(body),
    stamp: stampOf(time, origin, frame),
    ...life,
    ...(hasTurned === true && { hasTurned }),
  }
}
