/**
 * Both ends of what the holders of a slot tell each other, as frames: what a write has changed, what a slot is made
 * of, and whether two copies of it are the same.
 */
import { z } from 'zod'
import { View } from '../../shared/view.ts'
import type { SlotEntry } from '../entries/entry.ts'
import { FrameReader, FrameWriter } from './frame.ts'
import type { Sighting } from './line.ts'
import { fromWire, toWire, type WholeWireEntry, WireEntry } from './wire-entry.ts'

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
const Answer = z.enum([
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
])
export type Answer = z.infer<typeof Answer>

export interface SlotRequest extends Sighting {
  /** The sender, by its incarnation. */
  readonly from: string
  readonly message: SlotMessage
}

export interface SlotResponse extends Sighting {
  /** One list an item of a stream, else one list. */
  readonly answers: readonly (readonly Answer[])[]
}

const Slot = z.int().min(0)
const Digests = z.array(z.tuple([Slot, z.string()]))

const RequestHead = z.object({
  epoch: z.int(),
  time: z.number(),
  view: View.optional(),
  from: z.string(),
  message: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('stream'),
      items: z.array(
        z.union([
          z.object({ changes: z.array(WireEntry) }),
          z.object({ checks: Digests, isFull: z.boolean(), isStrict: z.boolean() }),
        ]),
      ),
    }),
    z.object({ type: z.literal('give'), entries: z.array(WireEntry) }),
    z.object({ type: z.literal('want'), slots: Digests }),
    z.object({ type: z.literal('lack'), slots: z.array(Slot) }),
    z.object({
      type: z.literal('offer'),
      slots: z.array(z.tuple([Slot, z.string(), z.boolean()])),
    }),
  ]),
})

const ResponseHead = z.object({
  epoch: z.int(),
  time: z.number(),
  view: View.optional(),
  answers: z.array(z.array(Answer)),
})

export function encodeSlotRequest({ message, ...head }: SlotRequest): Buffer {
  const frame = new FrameWriter()
  const detach = (entry: SlotEntry) => frame.detachBody(toWire(entry))
  if (message.type === 'stream') {
    const items = message.items.map((item) =>
      'changes' in item ? { changes: item.changes.map(detach) } : item,
    )
    return frame.finish({ ...head, message: { type: 'stream', items } })
  }
  if (message.type !== 'give') return frame.finish({ ...head, message })
  return frame.finish({ ...head, message: { type: 'give', entries: message.entries.map(detach) } })
}

/** @throws when the frame is not one. */
export function decodeSlotRequest(bytes: Buffer): SlotRequest {
  const frame = new FrameReader(bytes)
  const { message, ...head } = RequestHead.parse(frame.head)
  const attach = (entry: WireEntry) => fromWire(frame.attachBody<WholeWireEntry>(entry))
  const whole = (): SlotMessage => {
    if (message.type === 'give') return { type: 'give', entries: message.entries.map(attach) }
    if (message.type !== 'stream') return message
    const items = message.items.map((item) =>
      'changes' in item ? { changes: item.changes.map(attach) } : item,
    )
    return { type: 'stream', items }
  }
  const request = { ...head, message: whole() }
  frame.end()
  return request
}

export function encodeSlotResponse(response: SlotResponse): Buffer {
  return new FrameWriter().finish(response)
}

/** @throws when the frame is not one. */
export function decodeSlotResponse(bytes: Buffer): SlotResponse {
  const frame = new FrameReader(bytes)
  const response = ResponseHead.parse(frame.head)
  frame.end()
  return response
}
