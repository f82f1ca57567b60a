/**
 * Both ends of what the holders of a slot tell each other, as frames: what a write has changed, what a slot is made
 * of, and whether two copies of it are the same.
 */
import { z } from 'zod'
import type { Lapse } from '../../entries/standing.ts'
import { entryOf, toEntryFields } from './entry.ts'
import { flag, list, name, number, text } from './fields.ts'
import { FORMER } from './format.ts'
import { ofFormer, ofFormerAnswer, toFormer, toFormerAnswer } from './former-slots.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import { type Heard, preambleOf, toFields } from './preamble.ts'
import {
  ANSWERS,
  type Mirrored,
  type SlotAnswer,
  type SlotMessage,
  type SlotRequest,
  type SlotResponse,
  type StreamItem,
  type Worth,
} from './slot-messages.ts'
import type { Now } from './times.ts'

export type * from './slot-messages.ts'

export const SLOTS_PATH = '/cluster/slots'

const Slot = z.int().min(0)
const Digests = z.array(z.tuple([Slot, z.string()]))
const Slots = z.array(Slot)
const Order = z.number().min(0)
const Lapses = z.array(z.tuple([Order, Order]).transform(([from, to]) => ({ from, to })))
const Wants = z.array(z.tuple([Slot, z.string(), Order]))
const Mirrors = z.array(z.tuple([Slot, z.string(), Lapses, z.boolean()]))
const Offers = z.array(z.tuple([Slot, z.string(), z.boolean(), Order, z.boolean()]))
const Checks = z.object({ checks: Digests, isFull: z.boolean(), isStrict: z.boolean() })

export function encodeSlotRequest(request: SlotRequest, now: Now): Buffer {
  const { format, from, message } = request
  const frame = new FrameWriter(format, now)
  const head = [...toFields(request, frame), from]
  const former = format === FORMER ? toFormer(message) : undefined
  if (former !== undefined) return frame.finish([...head, ...former])
  const items = itemsOf(message, frame)
  if (format === FORMER) return frame.finish([...head, message.type, items])
  const isAnyway = message.type === 'want' && message.isAnyway
  const mirror = 'mirror' in message ? message.mirror : null
  return frame.finish([...head, message.type, items, isAnyway, mirror])
}

function itemsOf(message: SlotMessage, frame: FrameWriter): readonly unknown[] {
  switch (message.type) {
    case 'stream':
      return message.items.map((item) => streamItemField(item, frame))
    case 'give':
      return message.entries.flatMap((entry) => toEntryFields(entry, frame))
    case 'mirror':
      return message.slots.map(mirroredField)
    default:
      return message.slots
  }
}

function mirroredField([slot, digest, lapses, hasMissed]: Mirrored): unknown {
  return [slot, digest, lapses.map(lapseField), hasMissed]
}

function lapseField({ from, to }: Lapse): unknown {
  return [from, to]
}

function streamItemField(item: StreamItem, frame: FrameWriter): unknown {
  return 'changes' in item ? item.changes.flatMap((entry) => toEntryFields(entry, frame)) : item
}

/** @throws when the frame is not one. */
export function decodeSlotRequest(bytes: Buffer, now: Now): SlotRequest & Heard {
  const frame = new FrameReader(bytes, now)
  const isFormer = frame.format === FORMER
  const [, , , from, type, items, isAnyway = false, mirror = null] = list(frame.head, isFormer ? 6 : 8)
  const request = {
    ...preambleOf(frame),
    from: text(from),
    message:
      (isFormer ? ofFormer(type, list(items)) : undefined) ??
      messageOf({ type, items: list(items), isAnyway: flag(isAnyway), mirror: mirrorOf(mirror) }, frame),
  }
  frame.end()
  return request
}

interface Said {
  readonly type: unknown
  readonly items: readonly unknown[]
  readonly isAnyway: boolean
  readonly mirror: { readonly mirror?: string }
}

function mirrorOf(field: unknown): Said['mirror'] {
  return field === null ? {} : { mirror: name(field) }
}

function messageOf({ type, items, isAnyway, mirror }: Said, frame: FrameReader): SlotMessage {
  switch (type) {
    case 'stream':
      return { type, items: items.map((item) => streamItemOf(item, frame)) }
    case 'give':
      return { type, entries: items.map((item) => entryOf(item, frame)), ...mirror }
    case 'want':
      return { type, slots: Wants.parse(items), isAnyway, ...mirror }
    case 'mirror':
      return { type, slots: Mirrors.parse(items), mirror: name(mirror.mirror) }
    case 'mirrored':
      return { type, slots: Slots.parse(items), mirror: name(mirror.mirror) }
    case 'lack':
      return { type, slots: Slots.parse(items) }
    case 'offer':
      return { type, slots: Offers.parse(items) }
    default:
      throw new TypeError('a message is none that members know')
  }
}

function streamItemOf(item: unknown, frame: FrameReader): StreamItem {
  if (!Array.isArray(item)) return Checks.parse(item)
  return { changes: item.map((entry) => entryOf(entry, frame)) }
}

export function encodeSlotResponse(response: SlotResponse, now: Now): Buffer {
  const { format } = response
  const toField = format === FORMER ? toFormerAnswer : toAnswerField
  const frame = new FrameWriter(format, now)
  return frame.finish([...toFields(response, frame), response.answers.map((item) => item.map(toField))])
}

/** @throws when the frame is not one. */
export function decodeSlotResponse(bytes: Buffer, now: Now): SlotResponse & Heard {
  const frame = new FrameReader(bytes, now)
  const of = frame.format === FORMER ? (field: unknown) => ofFormerAnswer(field) ?? answerOf(field) : answerOf
  const answers = list(list(frame.head, 4)[3]).map((item) => list(item).map(of))
  frame.end()
  return { ...preambleOf(frame), answers }
}

function toAnswerField(answer: SlotAnswer): unknown {
  if (typeof answer === 'string') return answer
  const { asOf, lapses, how } = answer
  return [asOf === Infinity ? null : asOf, lapses.map(lapseField), how]
}

const WORTH_WAYS: readonly Worth['how'][] = ['same', 'kept', 'merged', 'mirrored']

function answerOf(field: unknown): SlotAnswer {
  if (Array.isArray(field)) {
    const [asOf, lapses, way] = list(field, 3)
    const how = WORTH_WAYS.find((known) => known === way)
    if (how === undefined) throw new TypeError('a worth is none that members know')
    return { asOf: asOf === null ? Infinity : number(asOf), lapses: Lapses.parse(lapses), how }
  }
  const answer = ANSWERS.find((known) => known === field)
  if (answer === undefined) throw new TypeError('an answer is none that members know')
  return answer
}
