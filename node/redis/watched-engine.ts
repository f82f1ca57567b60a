/**
 * The engine as one who tells of changes: its primaries do, each of what is noted in its stream. As long as somebody watches they
 * are looked for every second, and what has ended by itself in their slots is noted now and then, by one node for all.
 */
import { type Clock, inTime, pause } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { FeedAnswer, FeedQuestion, Interest } from '../../shared/watching.ts'
import type { EngineSettings } from '../engine-settings.ts'
import { FEED_MAX_MS, type Origin, type Part } from '../feed/feed.ts'
import { noteEnds } from './ends.ts'
import { FeedTrouble, type FeedTroubleOptions } from './feed-trouble.ts'
import type { Means } from './means.ts'
import { Primary } from './primary.ts'
import { stateOf } from './state.ts'

const LOOK_EVERY_MS = 1000
/** Other nodes may note in a stream for so long after another one has taken its place. */
const LINGER_MS = 10_000
/** What could not be noted is missed by all that is told until then. */
const UNNOTED_MS = 100
/** What has ended by itself is told by then. */
const ENDS_EVERY_MS = 5000
const LATE = new LarderError('UNREACHABLE', 'The engine does not tell what has changed.')
const LAST = { items: [], hasMissed: false, isMore: false, isLast: true }

export interface WatchedEngineOptions extends FeedTroubleOptions {
  readonly settings: EngineSettings
  readonly clock: Clock
  /** @throws LarderError NOT_READY. */
  means(): Means
  isReady(): boolean
  /** Others tell by now. */
  onTellers(): void
  onMissed(reason: string): void
}

export class WatchedEngine implements Origin<Primary> {
  readonly #options: WatchedEngineOptions
  /** By their streams. */
  readonly #primaries = new Map<string, Primary>()
  /** Streams that others have taken the place of, and until when they are read. */
  readonly #former = new Map<string, number>()
  readonly #trouble: FeedTrouble
  /** How often each stream was let go: where it is read again that is another life of it. */
  readonly #letGo = new Map<string, number>()
  #looking: { readonly stop: AbortController; readonly first: Promise<unknown> } | undefined
  #isMissing = false
  #looks = 0

  constructor(options: WatchedEngineOptions) {
    this.#options = options
    this.#trouble = new FeedTrouble(options)
  }

  get isReady(): boolean {
    return this.#options.isReady()
  }

  get tellers(): readonly Primary[] {
    return [...this.#primaries.values()]
  }

  async open(): Promise<void> {
    const { clock } = this.#options
    if (this.#looking === undefined) {
      const stop = new AbortController()
      const first = Promise.withResolvers<void>()
      this.#looking = { stop, first: first.promise }
      void this.#look(stop.signal, first.resolve)
      void this.#end(stop.signal)
    }
    await inTime(this.#looking.first, { clock, timeoutMs: FEED_MAX_MS, late: LATE }).catch(() => {})
  }

  close(): void {
    this.#looking?.stop.abort()
    this.#looking = undefined
    for (const primary of this.#primaries.values()) primary.close()
    this.#primaries.clear()
    this.#former.clear()
    this.#trouble.clear()
  }

  readonly ask = async (
    { feed, incarnation }: Primary,
    question: FeedQuestion,
    timeoutMs: number,
  ): Promise<FeedAnswer> => {
    const { clock } = this.#options
    const primary = this.#primaries.get(feed)
    if (primary?.incarnation === incarnation) {
      const answer = inTime(primary.answer(question), { clock, timeoutMs, late: LATE })
      const isInVain = () => this.#primaries.get(feed) !== primary
      return await this.#trouble.watch('changes', answer, { address: primary.address, isInVain })
    }
    // All that was noted there was told as long as anybody may have done so.
    if (question.type === 'changes') return { ...LAST, position: question.after ?? 0 }
    throw LATE
  }

  async *snapshotOf(interest: Interest): AsyncGenerator<Part> {
    const isToCome = () => false
    for await (const told of stateOf(interest, { ...this.#options, primaries: () => this.tellers }))
      yield { told, isToCome }
  }

  async #look(signal: AbortSignal, done: () => void): Promise<void> {
    const { clock } = this.#options
    const isInVain = () => signal.aborted
    while (!signal.aborted) {
      await this.#trouble.watch('find', this.#find(signal), { isInVain }).catch(() => {})
      done()
      await pause(clock, LOOK_EVERY_MS, signal)
    }
  }

  async #end(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const isInVain = () => signal.aborted
    while (!signal.aborted) {
      await pause(clock, ENDS_EVERY_MS, signal)
      const ends = this.tellers.map((primary) =>
        this.#trouble.watch('ends', this.#noteEnds(primary), { address: primary.address, isInVain }),
      )
      await Promise.allSettled(ends)
    }
  }

  async #noteEnds(primary: Primary): Promise<void> {
    const { clock, means } = this.#options
    const deadlineAtMs = clock.now() + ENDS_EVERY_MS
    // Somewhat less than until it is asked again.
    await noteEnds(primary, { means: means(), deadlineAtMs, everyMs: ENDS_EVERY_MS * 0.9 })
  }

  async #find(signal: AbortSignal): Promise<void> {
    const { clock, onTellers } = this.#options
    const { connection } = this.#options.means()
    const feeds = new Map(connection.feeds)
    for (const feed of this.#primaries.keys())
      if (!feeds.has(feed) && !this.#former.has(feed)) this.#former.set(feed, clock.now() + LINGER_MS)
    for (const [feed, untilMs] of this.#former) {
      if (feeds.has(feed) || untilMs < clock.now()) this.#former.delete(feed)
      else feeds.set(feed, connection.ownerOfFeed(feed))
    }
    const before = new Set(this.tellers.map(({ incarnation }) => incarnation))
    for (const [feed, primary] of this.#primaries) if (!feeds.has(feed)) this.#drop(feed, primary)
    await Promise.all([...feeds].map(([feed, address]) => this.#reach(feed, address, signal)))
    const isNew = ({ incarnation }: Primary) => !before.has(incarnation)
    // One that has only gone says that it has told everything.
    if (!signal.aborted && this.tellers.some(isNew)) onTellers()
  }

  #drop(feed: string, primary: Primary): void {
    primary.close()
    this.#primaries.delete(feed)
    this.#letGo.set(feed, (this.#letGo.get(feed) ?? 0) + 1)
  }

  /** As long as it cannot be reached, the one before stays: it is not known whether there is another. */
  async #reach(feed: string, address: string, signal: AbortSignal): Promise<void> {
    const { onMissed, means } = this.#options
    const former = this.#primaries.get(feed)
    if (former?.address === address && former.isOpen) return
    const isOneOfMany = !means().connection.isOnePlace
    const look = () => ++this.#looks
    const onUnnoted = () => this.#unnoted()
    const where = { feed, address, isOneOfMany, times: this.#letGo.get(feed) ?? 0 }
    const reaching = Primary.reach({ ...this.#options, ...where, look, onUnnoted })
    const isInVain = () => signal.aborted
    const primary = await this.#trouble.watch('reach', reaching, { address, isInVain }).catch(() => {})
    if (primary === undefined) return
    if (signal.aborted) return primary.close()
    former?.close()
    this.#primaries.set(feed, primary)
    // Nobody knows what was said here meanwhile.
    if (isOneOfMany && former?.incarnation === primary.incarnation) onMissed('unheard')
  }

  /** Somewhere something was changed, and not noted. */
  #unnoted(): void {
    const { clock, onMissed } = this.#options
    if (this.#isMissing) return
    this.#isMissing = true
    clock.after(UNNOTED_MS, () => {
      this.#isMissing = false
      onMissed('unnoted')
    })
  }
}
