/** Follows one life of a member: asks it again and again what has changed of what it owns, and knows up to where it was told. */
import { type Clock, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { type Eventual, isLater } from '../../shared/eventual.ts'
import type { Steps } from '../../shared/steps.ts'
import type { FeedAnswer, FeedItem, Interest } from '../../shared/watching.ts'
import type { Ask, Teller } from './origin.ts'

/** An answer comes after so long though nothing has changed. */
const HOLD_MS = 2000
/** How long a member is waited for beyond that. */
export const FEED_MAX_MS = 3000
const RETRY_MS = 250
/** So many are told in one step, where few watch. */
const TOLD_AT_ONCE = 10
/** One that tells nobody of changes may do so after its next start, which is another life of it. */
const STRANGE_MS = 5000

export interface FollowerOptions<T extends Teller> {
  readonly teller: T
  readonly clock: Clock
  readonly ask: Ask<T>
  /** Where it begins; where that is not said, with what comes from now on. */
  readonly position?: number | undefined
  interests(): readonly Interest[]
  /** Tells it to all; until then it does not count as told. */
  onItem(item: FeedItem): Steps<void>
  /** Takes steps in turns. */
  take(steps: Steps<void>): Eventual<void>
  /** Something is not told that may have been meant. */
  onMissed(reason: string): void
  /** All was told, and there is nothing more to come. */
  onLast(): void
}

export class Follower<T extends Teller> {
  readonly teller: T
  readonly #options: FollowerOptions<T>
  readonly #begun = Promise.withResolvers<void>()
  #position: number | undefined
  #settled = -1
  #isStopped = false
  #isLast = false
  #again: (() => void) | undefined

  constructor(options: FollowerOptions<T>) {
    this.teller = options.teller
    this.#options = options
    this.#position = options.position
    if (this.#position !== undefined) this.#begun.resolve()
    void this.#run()
  }

  /** All up to there is told; `undefined` until it has first answered. */
  get position(): number | undefined {
    return this.#position
  }

  /**
   * Whatever was changed up to there is told, or something later about the same. At a position in between, what was changed
   * before may have been changed again and be told further on.
   */
  get settled(): number {
    return this.#settled
  }

  /** Whether all has come that there is to be told, be it that some of it is still being told. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** Is over once there is a position, or it is stopped. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** There are wider interests: what is asked for at the moment is asked for anew. */
  widen(): void {
    this.#again?.()
  }

  stop(): void {
    this.#isStopped = true
    this.#begun.resolve()
    this.#again?.()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      this.#again = () => resolve(undefined)
      const asking = this.#ask()
      asking.catch(() => {}) // Also where it is not waited for any more.
      try {
        const answer = await Promise.race([asking, promise])
        if (answer !== undefined) await this.#take(answer)
      } catch (error) {
        await this.#failed(error)
      }
    }
  }

  #ask(): Promise<FeedAnswer> {
    const { teller, ask, interests } = this.#options
    const after = this.#position === undefined ? {} : { after: this.#position }
    const question = { type: 'changes', ...after, interests: interests(), holdMs: HOLD_MS } as const
    return ask(teller, question, HOLD_MS + FEED_MAX_MS)
  }

  async #take({ items, position, hasMissed, isMore, isLast }: FeedAnswer): Promise<void> {
    const { take, onMissed, onLast } = this.#options
    this.#isLast = isLast
    // All of them as one, as each of many would have to wait for its turn.
    const telling = take(this.#telling(items))
    if (isLater(telling)) await telling
    if (this.#isStopped) return
    this.#position = position
    if (!isMore) this.#settled = position
    this.#begun.resolve()
    if (hasMissed) onMissed('behind')
    if (!isLast) return
    this.stop()
    onLast()
  }

  *#telling(items: readonly FeedItem[]): Steps<void> {
    for (const [index, item] of items.entries()) {
      if (this.#isStopped) return
      yield* this.#options.onItem(item)
      this.#position = item.at
      if (index % TOLD_AT_ONCE === TOLD_AT_ONCE - 1) yield
    }
  }

  async #failed(error: unknown): Promise<void> {
    const isStrange = error instanceof LarderError && error.code === 'NOT_UNDERSTOOD'
    if (isStrange && !this.#isStopped) this.#options.onMissed('version')
    await pause(this.#options.clock, isStrange ? STRANGE_MS : RETRY_MS)
  }
}
