/** That a user shows one reaction to a content: when, for how long, and in which order of all. */
import { compareEnds, endsSooner } from './ends.ts'

export interface Presence {
  readonly reaction: string
  readonly user: string
  /** When it was written, as in a stamp. */
  readonly time: number
  /** By this member's steady clock: when it ends by itself, `Infinity` for never; once it is gone, when it ended. */
  readonly endsAtMs: number
  /** Removed, or ended: kept for a while, so that an older copy does not bring it back. */
  readonly isGone: boolean
}

/**
 * What a presence takes in memory, in bytes besides the name of its user. Measured on Node 26 with a million users
 * of 12 characters on one content: 84 bytes each, 263 with a ttl, 197 once gone.
 */
const HERE_BYTES = 72
const ENDING_BYTES = 180
const GONE_BYTES = 185

/**
 * The later write wins; of two at the same time the one that is gone, and then the one that ends earlier, so that no copy
 * need know who wrote, and passing a presence on does not prolong it.
 */
export function compare(a: Presence, b: Presence): number {
  return a.time - b.time || Number(a.isGone) - Number(b.isGone) || compareEnds(b, a)
}

/** Whether the other says more of this user than is known, and not just about the same end. */
export function isNewsOf(known: Presence | undefined, other: Presence): boolean {
  if (known === undefined) return true
  if (known.time !== other.time || known.isGone !== other.isGone) return compare(known, other) < 0
  return !known.isGone && endsSooner(other, known)
}

export function byEnd(a: Presence, b: Presence): number {
  return compareEnds(a, b) || byText(a.reaction, b.reaction) || byText(a.user, b.user)
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function hashedOf({ reaction, user, time }: Presence): string {
  return `${nameOf(reaction, user)}\0${time}`
}

/** With its length, a reaction cannot be mistaken for the beginning of a user. */
export function nameOf(reaction: string, user: string): string {
  return `${reaction.length}:${reaction}${user}`
}

export function bytesOf({ user, endsAtMs, isGone }: Presence): number {
  return user.length + (isGone ? GONE_BYTES : endsAtMs < Infinity ? HERE_BYTES + ENDING_BYTES : HERE_BYTES)
}
