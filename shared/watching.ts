/** What can be watched, and what is told of it: each change as what has become of what it was about. */
import type { Body, Stamp } from './command.ts'

export const WATCHED = ['value', 'counter', 'reaction'] as const
export type WatchedKind = (typeof WATCHED)[number]

/** What somebody wants to know of: what begins so, one key or content alone where that is said, and these kinds. */
export interface Interest {
  readonly prefix: string
  readonly key?: string
  readonly kinds: readonly WatchedKind[]
}

export const REASONS = ['deleted', 'expired', 'evicted'] as const
/** Why something is gone. */
export type Reason = (typeof REASONS)[number]

/** What stands there now. */
export type There =
  | {
      readonly kind: 'value'
      readonly key: string
      readonly contentType: string
      readonly body: Body
      readonly stamp: Stamp
      readonly ttlMs?: number
      /** There may have been a counter before, which is gone with that. */
      readonly hasTurned?: boolean
    }
  | {
      readonly kind: 'counter'
      readonly key: string
      readonly value: string
      readonly ttlMs?: number
      /** There may have been a value before. */
      readonly hasTurned?: boolean
    }
  | {
      readonly kind: 'reaction'
      readonly key: string
      readonly user: string
      readonly reaction: string
      /** How many show it. */
      readonly count: number
      readonly ttlMs?: number
    }

/** What stands there no more. */
export type Gone =
  | { readonly kind: 'value' | 'counter'; readonly key: string; readonly reason: Reason }
  | {
      readonly kind: 'reaction'
      readonly key: string
      readonly user: string
      readonly reaction: string
      readonly count: number
      readonly reason: Reason
    }

export type Told = There | Gone

export function isGone(told: Told): told is Gone {
  return 'reason' in told
}

/** How far it has come in what is to be told of a slot: behind a key, or amid those who react to a content. */
export interface ScanPlace {
  readonly slot: number
  readonly at?: number
  readonly tie?: string
  readonly content?: string
  readonly reaction?: string
  readonly user?: string
}

/** What a member is asked for, of what it owns. */
export type FeedQuestion =
  /** The changes after a position, for so long if there are none; without one, what the position is. */
  | {
      readonly type: 'changes'
      readonly after?: number
      readonly interests: readonly Interest[]
      readonly holdMs: number
    }
  /** What there is, of these slots (`slot-set.ts`), on from a place. */
  | {
      readonly type: 'state'
      readonly slots: string
      readonly interest: Interest
      readonly after?: ScanPlace
    }

export interface FeedItem {
  /** The position of the change; 0 of what is no change. */
  readonly at: number
  readonly told: Told
  /** When that was written, as in a stamp; 0 where nobody knows. */
  readonly time: number
}

export interface FeedAnswer {
  readonly items: readonly FeedItem[]
  /** All up to there is told. */
  readonly position: number
  /** What came before is not known any more. */
  readonly hasMissed: boolean
  /** There is more to be told already. */
  readonly isMore: boolean
  /** It owns nothing any more, and will not again in this life: there is nothing more to come. */
  readonly isLast: boolean
  /** Of a state: how far it has come, where that is not the end. */
  readonly next?: ScanPlace
}
