/**
 * All members, followed as long as anybody watches here. A member that leaves says when it has told everything; of one that
 * is gone before that it is not known what it had still to tell.
 */
import { type Clock, inTime } from '../../shared/clock.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Steps } from '../../shared/steps.ts'
import type { FeedItem, Interest } from '../../shared/watching.ts'
import { FEED_MAX_MS, Follower } from './follower.ts'
import type { Ask, Teller } from './origin.ts'
import type { Vector } from './vector.ts'

export interface FollowingOptions<T extends Teller> {
  readonly clock: Clock
  readonly ask: Ask<T>
  interests(): readonly Interest[]
  onItem(life: string, item: FeedItem): Steps<void>
  take(steps: Steps<void>): Eventual<void>
  onMissed(reason: string): void
}

/** Of so many members that have gone it is remembered up to where they were followed. */
const REMEMBERED_MAX = 200
const LATE = new Error('not all members have told where they are')

export class Following<T extends Teller> {
  readonly #options: FollowingOptions<T>
  readonly #followers = new Map<string, Follower<T>>()
  /** Up to where those went that have told everything. */
  readonly #done = new Map<string, number>()
  /** Up to where those were followed that may come back. */
  readonly #parted = new Map<string, number>()
  #isOn = false

  constructor(options: FollowingOptions<T>) {
    this.#options = options
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** From now on, and with what comes from now on. */
  start(tellers: readonly T[]): void {
    if (this.#isOn) return
    this.#isOn = true
    for (const teller of tellers) this.#add(teller, undefined)
  }

  /** Those that join are followed from their beginning: nothing of what they own was told by them before. */
  follow(tellers: readonly T[]): void {
    if (!this.#isOn) return
    const lives = new Set(tellers.map(({ incarnation }) => incarnation))
    for (const [life, follower] of this.#followers)
      if (!lives.has(life) && !follower.isLast) this.#part(life, follower)
    const isBack = tellers.some(({ incarnation }) => this.#parted.has(incarnation))
    for (const teller of tellers) this.#add(teller, this.#parted.get(teller.incarnation) ?? 0)
    // What was told of the state meanwhile knows nothing of what it has written, and need not be what both make of it.
    if (isBack) this.#options.onMissed('back')
  }

  stop(): void {
    this.#isOn = false
    for (const follower of this.#followers.values()) follower.stop()
    this.#followers.clear()
  }

  /** There are wider interests. */
  widen(): void {
    for (const follower of this.#followers.values()) follower.widen()
  }

  /** Is over once all have told where they are, or do not: then what they tell first comes after something that is missed. */
  async begun(): Promise<void> {
    const { clock, onMissed } = this.#options
    const all = [...this.#followers.values()]
    const begun = Promise.all(all.map((follower) => follower.begun))
    await inTime(begun, { clock, timeoutMs: FEED_MAX_MS, late: LATE }).catch(() => {})
    for (const follower of all.filter(({ position }) => position === undefined))
      void follower.begun.then(() => {
        if (follower.position !== undefined) onMissed('late')
      })
  }

  /** Up to where all was told. */
  get vector(): Vector {
    const vector = new Map<string, number>()
    for (const [life, { position }] of this.#followers) if (position !== undefined) vector.set(life, position)
    return vector
  }

  /** Whether whatever those who are followed had changed up to there is told. One who has not begun is not waited for. */
  isSettled(positions: Vector): boolean {
    return [...positions].every(([life, position]) => {
      const follower = this.#followers.get(life)
      return follower?.position === undefined || follower.settled >= position
    })
  }

  get tellers(): T[] {
    return [...this.#followers.values()].map(({ teller }) => teller)
  }

  /** Whether whoever was told up to there by others misses nothing of those that are followed no more. */
  coversOthers(vector: Vector): boolean {
    return [...vector].every(
      ([life, position]) => this.#followers.has(life) || (this.#done.get(life) ?? Infinity) <= position,
    )
  }

  #add(teller: T, position: number | undefined): void {
    const { incarnation: life } = teller
    if (this.#followers.has(life) || this.#done.has(life)) return
    this.#parted.delete(life)
    const { onItem, ...rest } = this.#options
    const follower = new Follower({
      ...rest,
      teller,
      position,
      onItem: (item) => onItem(life, item),
      onLast: () => {
        this.#followers.delete(life)
        remember(this.#done, life, follower.position ?? 0)
      },
    })
    this.#followers.set(life, follower)
  }

  #part(life: string, follower: Follower<T>): void {
    follower.stop()
    this.#followers.delete(life)
    remember(this.#parted, life, follower.position ?? 0)
    this.#options.onMissed('gone')
  }
}

function remember(all: Map<string, number>, life: string, position: number): void {
  all.set(life, position)
  const [oldest] = all.keys()
  if (all.size > REMEMBERED_MAX && oldest !== undefined) all.delete(oldest)
}
