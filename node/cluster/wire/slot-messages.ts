/** What the holders of a slot tell each other: what a write has changed, what a slot is made of, whether two copies are the same. */
import type { SlotEntry } from '../../entries/entry.ts'
import type { Lapse } from '../../entries/standing.ts'
import type { Preamble } from './preamble.ts'

/** A slot, and what tells its state (`digest.ts`). */
export type SlotDigest = readonly [slot: number, digest: string]

/** A slot that an owner asks for, and the view by which the copy that it has had all. */
export type Wanted = readonly [slot: number, digest: string, asOf: number]

/** A slot whose copy a replica is to make like that of the owner, which may know that it has missed something. */
export type Mirrored = readonly [slot: number, digest: string, lapses: readonly Lapse[], hasMissed: boolean]

/** A slot that its holder may let go of: whether the receiver was given all of it, and what it is worth. */
export type Offer = readonly [slot: number, digest: string, isGiven: boolean, asOf: number, hasClaim: boolean]

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
  /** A part of some slots, to be merged, or, for a mirror, to take the place of what the receiver has of it. */
  | { readonly type: 'give'; readonly entries: readonly SlotEntry[]; readonly mirror?: string }
  /** An owner asks for slots that it has not, or not surely, of those that have all of them, or of anyone. */
  | {
      readonly type: 'want'
      readonly slots: readonly Wanted[]
      readonly isAnyway: boolean
      readonly mirror?: string
    }
  /** An owner is about to give a replica all of these, and wants what only that one may have. */
  | { readonly type: 'mirror'; readonly slots: readonly Mirrored[]; readonly mirror: string }
  /** It was all. */
  | { readonly type: 'mirrored'; readonly slots: readonly number[]; readonly mirror: string }
  /** A replica that does not know to have all of some slots wants their owner to compare them. */
  | { readonly type: 'lack'; readonly slots: readonly number[] }
  /** Whoever no longer holds slots asks their owner whether it may let go of them. */
  | { readonly type: 'offer'; readonly slots: readonly Offer[] }

/**
 * What becomes of a slot, or of a change. `refused`: the receiver sees other holders. Of a change, or of what was told to
 * be mirrored: `merged`. Of a check: `same`, or `differs`. Of `mirror`: `same`; `mirror`, or, for a copy that had all by its
 * own account, `merge` what you have. Of `offer`: `drop`, `send` what you have, or what you `claim`, or `keep` it for now.
 */
export const ANSWERS = [
  'refused',
  'merged',
  'same',
  'differs',
  'mirror',
  'merge',
  'drop',
  'send',
  'claim',
  'keep',
] as const

/** Of `want`: what the copy is worth, and what was done: nothing, or all of it was given to be merged, or to be mirrored. */
export interface Worth {
  readonly asOf: number
  readonly lapses: readonly Lapse[]
  readonly how: 'same' | 'kept' | 'merged' | 'mirrored'
}

export type SlotAnswer = (typeof ANSWERS)[number] | Worth

export interface SlotRequest extends Preamble {
  /** The sender, by its incarnation. */
  readonly from: string
  readonly message: SlotMessage
}

export interface SlotResponse extends Preamble {
  /** One list an item of a stream, else one list. */
  readonly answers: readonly (readonly SlotAnswer[])[]
}
