/**
 * Both ends of what the holders of a slot tell each other, as frames: what a write has changed, what a slot is made
 * of, and whether two copies of it are the same.
 */
import { z } from 'zod'
import type { SlotEntry } from '../../entries/entry.ts'
import { entryOf, toEntryField } from './entry.ts'
import { list, text } from './fields.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import { type Preamble, preambleOf, toFields } from './preamble.ts'

export const SLOTS_PATH = '/cluster/slots'

/** A slot, and what tells its state (`digest.ts`). */
export type SlotDigest = readonly [slot: number, digest: string]

/** The same, and whether the receiver has been given all of it already. */
export type Offer = readonly [slot: number, digest: string, isGiven: boolean]

/** What an owner tells a replica, in the order in which it happened: changes of one command, or states by then. */
export type StreamItem = { readonly changes: readonly SlotEntry[] } | Check

/** What is to be compared. */
export interface Check {
  readonly checks: readonly SlotDigest[]
  /** The memory of the sender is full. */
  readonly isFull: boolean
  /** Also what only remembers that something is gone has to be the same. */
  readonly isStrict: boolean
}

export type SlotMessage =
  | { readonly type: 'stream'; readonly items: readonly StreamItem[] }
  /** A part of some slots, to be merged. */
  | { readonly type: 'give'; readonly entries: readonly SlotEntry[] }
  /** An owner asks for slots that it has not, or not surely, as others have them. */
  | { readonly type: 'want'; readonly slots: readonly SlotDigest[] }
  /** A replica that does not know to have all of some slots wants their owner to compare them. */
  | { readonly type: 'lack'; readonly slots: readonly number[] }
  /** Whoever no longer holds slots asks their owner whether it may let go of them. */
  | { readonly type: 'offer'; readonly slots: readonly Offer[] }

/**
 * What becomes of a slot, or of a change. `refused`: the receiver sees other holders. Of a change: `merged`. Of a check:
 * `same`, or `differs`. Of `want`, when what was not there has been given: `complete`, the receiver has all of it;
 * `former`, it had when it last held the slot; `unready`, it has not all of it. Of `offer`: `drop`, `send` what you have, or `keep` it for now.
 */
const ANSWERS = [
  'refused',
  'merged',
  'same',
  'differs',
  'complete',
  'former',
  'unready',
  'drop',
  'send',
  'keep',
] as const
export type SlotAnswer = (typeof ANSWERS)[number]

export interface SlotRequest extends Preamble {
  /** The sender, by its incarnation. */
  readonly from: string
  readonly message: SlotMessage
}

export interface SlotResponse extends Preamble {
  /** One list an item of a stream, else one list. */
  readonly answers: readonly (readonly SlotAnswer[])[]
}

const Slot = z.int().min(0)
const Digests = z.array(z.tuple([Slot, z.string()]))
const Slots = z.array(Slot)
const Offers = z.array(z.tuple([Slot, z.string(), z.boolean()]))
const Checks = z.object({ checks: Digests, isFull: z.boolean(), isStrict: z.boolean() })

export function encodeSlotRequest(request: SlotRequest): Buffer {
  const { from, message } = request
  const frame = new FrameWriter()
  return frame.finish([...toFields(request), from, message.type, itemsOf(message, frame)])
}

function itemsOf(message: SlotMessage, frame: FrameWriter): readonly unknown[] {
  switch (message.type) {
    case 'stream':
      return message.items.map((item) =>
        'changes' in item ? item.changes.map((entry) => toEntryField(entry, frame)) : item,
      )
    case 'give':
      return message.entries.map((entry) => toEntryField(entry, frame))
    default:
      return message.slots
  }
}

/** @throws when the frame is not one. */
export function decodeSlotRequest(bytes: Buffer): SlotRequest {
  const frame = new FrameReader(bytes)
  const [, , , from, type, items] = list(frame.head, 6)
  const request = {
    ...preambleOf(frame.head),
    from: text(from),
    message: messageOf(type, list(items), frame),
  }
  frame.end()
  return request
}

function messageOf(type: unknown, items: readonly unknown[], frame: FrameReader): SlotMessage {
  switch (type) {
    case 'stream':
      return { type, items: items.map((item) => streamItemOf(item, frame)) }
    case 'give':
      return { type, entries: items.map((item) => entryOf(item, frame)) }
    case 'want':
      return { type, slots: Digests.parse(items) }
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

export function encodeSlotResponse(response: SlotResponse): Buffer {
  return new FrameWriter().finish([...toFields(response), response.answers])
}

/** @throws when the frame is not one. */
export function decodeSlotResponse(bytes: Buffer): SlotResponse {
  const frame = new FrameReader(bytes)
  const answers = list(list(frame.head, 4)[3]).map((item) => list(item).map(answerOf))
  frame.end()
  return { ...preambleOf(frame.head), answers }
}

function answerOf(field: unknown): SlotAnswer {
  const answer = ANSWERS.find((known) => known === field)
  if (answer === undefined) throw new TypeError('an answer is none that members know')
  return answer
}
