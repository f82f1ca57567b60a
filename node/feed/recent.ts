/**
 * What was told last of each thing, as far as that was lately. Two members may tell of the same thing when its slot goes from one
 * to the other: whichever is heard first, what was written earlier is not told after what was written later.
 */
import { type FeedItem, isGone, type Told } from '../../shared/watching.ts'

interface Last {
  readonly time: number
  readonly kind: Told['kind']
  readonly isGone: boolean
  readonly generation: number
}

const REMEMBERED_MAX = 20_000

export class Recent {
  #young = new Map<string, Last>()
  #old = new Map<string, Last>()
  #generation = 0

  /** Whoever was told has begun anew since: the same is news once more, and nothing earlier is. */
  forgetTelling(): void {
    this.#generation++
  }

  /** Whether it is to be told; then it is what was told last. */
  isNews({ told, time }: Pick<FeedItem, 'told' | 'time'>): boolean {
    if (time === 0) return true
    const name = nameOfTold(told)
    const last = this.#lastOf(name)
    const now = { time, kind: told.kind, isGone: isGone(told), generation: this.#generation }
    if (last !== undefined && !isLater(now, last) && !isSameCount(told, now, last)) return false
    if (this.#young.size >= REMEMBERED_MAX) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, now)
    return true
  }

  /** Whether something later has been told since. */
  isOld({ told, time }: Pick<FeedItem, 'told' | 'time'>): boolean {
    return time !== 0 && (this.#lastOf(nameOfTold(told))?.time ?? 0) > time
  }

  /** That a value may have become a counter, or a counter a value, is told once. */
  withoutKnown(told: Told): Told {
    if (isGone(told) || told.kind === 'reaction' || told.hasTurned !== true) return told
    const last = this.#lastOf(nameOfTold(told))
    const isKnown = last !== undefined && (last.isGone || last.kind === told.kind)
    return isKnown ? { ...told, hasTurned: false } : told
  }

  #lastOf(name: string): Last | undefined {
    return this.#young.get(name) ?? this.#old.get(name)
  }
}

/** What has ended is the same write as before, and is told after it. */
function isLater(one: Last, other: Last): boolean {
  if (one.time !== other.time) return one.time > other.time
  return one.isGone === other.isGone ? one.generation > other.generation : one.isGone
}

/** Two halves that meet add up to another total of the same last write. */
function isSameCount(told: Told, one: Last, other: Last): boolean {
  return told.kind === 'counter' && !one.isGone && !other.isGone && one.time === other.time
}

/** Of what it tells: under a key there is one thing. */
export function nameOfTold(told: Told): string {
  if (told.kind !== 'reaction') return `v${told.key}`
  return `r${told.key.length}:${told.key}${told.reaction.length}:${told.reaction}${told.user}`
}
