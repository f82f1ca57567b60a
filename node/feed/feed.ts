/**
 * Who wants to know of changes, and is told of them: those of all members, whichever of them somebody has asked.
 *
 *     here: applied ─▶ Source: a ring ◀─ asks ─ Following of each member that somebody watches through
 *                                                  └▶ Interests ─▶ Watchers ─▶ their doors
 *
 * What a change is told as is looked up when it is told; so a ring holds no values, and several changes in quick succession are
 * told as the last. Where a watcher stands is a position for each life of a member (`vector.ts`), which he carries himself.
 */
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { isLater } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import { Portions } from '../../shared/portions.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import { type FeedItem, isGone } from '../../shared/watching.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import { Following } from './following.ts'
import { Gate } from './gate.ts'
import { Interests } from './interests.ts'
import { createFeedMetrics, type FeedMetrics, type FeedNumbers } from './metrics.ts'
import type { Origin, Teller } from './origin.ts'
import { Reach } from './reach.ts'
import { Recent } from './recent.ts'
import { resuming } from './resume.ts'
import { vectorText } from './vector.ts'
import { Watcher } from './watcher.ts'
import { TOLD_AT_ONCE, Watchers } from './watchers.ts'

export { FEED_MAX_MS } from './follower.ts'
export { covers, toldTo } from './interest.ts'
export { OfMembers } from './members.ts'
export type { Origin, Part, Teller } from './origin.ts'
export { Source } from './source.ts'

/** So many parts of what there is are asked for, or told, at a time. */
const PARTS_AT_ONCE = 2
/** What waits for all who watch here while they are told something else. */
const WAITING_BYTES_MAX = 64 * 2 ** 20
/** For writes that are under way when somebody begins. */
const SETTLED_MAX_MS = 1500
/** For those amid a state. */
const REACHED_MAX_MS = 3000
const NOT_READY = new LarderError(
  'NOT_READY',
  'This member tells of no changes, as it starts or stops: ask another one.',
)

export interface FeedOptions<T extends Teller> {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  readonly origin: Origin<T>
  /** What is remembered in this process. */
  readonly remembered?: FeedNumbers['remembered']
  /** How many clients may be connected; as many as like where that is not said. */
  readonly clientsMax?: number
}

export class Feed<T extends Teller> implements Watching {
  readonly #options: FeedOptions<T>
  readonly #following: Following<T>
  readonly #reach: Reach<T>
  readonly #interests = new Interests<Watcher>()
  readonly #watchers: Watchers
  readonly #gate = new Gate(PARTS_AT_ONCE)
  readonly #waiting = new Portions<Watcher>({
    most: WAITING_BYTES_MAX,
    lose: (watcher) => watcher.loseWaiting(),
  })
  readonly #metrics: FeedMetrics
  #recent = new Recent()
  #isEnding = false

  constructor(options: FeedOptions<T>) {
    const { registry, remembered, origin, clock, turns } = options
    this.#options = options
    this.#metrics = createFeedMetrics(registry, {
      watchers: () => this.#watchers.size,
      remembered,
    })
    this.#watchers = new Watchers({
      ...options,
      id: () => this.#id,
      onRefused: () => this.#metrics.refused.inc(),
    })
    this.#following = new Following({
      clock,
      ask: origin.ask,
      interests: () => this.#interests.asked,
      onItem: (life, item) => this.#telling(life, item),
      take: (steps) => turns.take('changes', steps),
      onMissed: (reason) => this.miss(reason),
    })
    this.#reach = new Reach({ clock, ask: origin.ask, following: this.#following })
  }

  /** Others tell by now. */
  follow(): void {
    this.#following.follow(this.#options.origin.tellers)
  }

  /** Something was not told that may have been meant. */
  miss(reason: string): void {
    this.#options.log.info(
      { reason, watchers: this.#watchers.size },
      'watchers have missed changes, and are told so',
    )
    this.#recent.forgetTelling()
    this.#watchers.miss()
  }

  refusal(address: string): LarderError | undefined {
    return this.#isReady ? this.#watchers.refusal(address) : NOT_READY
  }

  admit(address: string): void {
    if (!this.#isReady) throw NOT_READY
    this.#watchers.admit(address)
  }

  watch(asked: Asked, audience: Audience): () => void {
    const { clock, turns, log } = this.#options
    const watcher: Watcher = new Watcher({
      asked,
      audience,
      clock,
      id: () => this.#id,
      resume: async (watcher, since) => await this.#resume(watcher, since),
      // Whoever does not answer holds up nobody who begins.
      settled: async () => void (await this.#reach.within(SETTLED_MAX_MS)),
      snapshot: (watcher) => this.#snapshot(watcher),
      onFailed: (error) =>
        log.info({ error }, 'a state cannot be told to whoever watches: it is tried again'),
      // Or those who are told what there is would take the turns of those who are told what changes.
      take: (steps) => this.#gate.pass(async () => await turns.take('changes', steps)),
      waiting: this.#waiting,
      onGap: () => this.#metrics.gaps.inc(),
    })
    this.#watchers.add(watcher, audience)
    const stop = () => this.#stop(watcher)
    this.#begin(watcher).catch(stop)
    return stop
  }

  /** Whoever watches here goes on elsewhere. */
  end(): void {
    this.#isEnding = true
    for (const watcher of this.#watchers.end()) this.#stop(watcher)
  }

  async #begin(watcher: Watcher): Promise<void> {
    const { origin } = this.#options
    const opening = origin.open()
    if (isLater(opening)) await opening
    if (watcher.isOver) return
    this.#following.start(origin.tellers)
    await this.#following.begun()
    if (watcher.isOver) return
    if (this.#interests.add(watcher.asked.interest, watcher)) this.#following.widen()
    await watcher.begin()
  }

  #stop(watcher: Watcher): void {
    watcher.stop()
    this.#interests.remove(watcher.asked.interest, watcher)
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    this.#following.stop()
    this.#options.origin.close()
    this.#recent = new Recent()
  }

  get #isReady(): boolean {
    return !this.#isEnding && this.#options.origin.isReady
  }

  get #id(): string {
    return vectorText(this.#following.vector)
  }

  *#telling(life: string, item: FeedItem): Steps<void> {
    const recent = this.#recent
    let [id, count]: [string | undefined, number] = [undefined, 0]
    let event: WatchEvent | undefined
    for (const { told, all } of this.#interests.for(recent.withoutKnown(item.told))) {
      if (id === undefined && !recent.isNews(item)) return
      id ??= vectorText(new Map(this.#following.vector).set(life, item.at))
      // Mostly it is the same for all: then it is made once into what is sent.
      if (event?.told !== told) event = { type: isGone(told) ? 'delete' : 'change', told, id }
      this.#metrics.told.inc(all.size)
      // Those who come meanwhile are among them: up to there nobody is told yet.
      for (const watcher of all) {
        watcher.tell({ event, life, item })
        if (++count % TOLD_AT_ONCE !== 0) continue
        yield
        // Another member has told of what came later: it tells the others too.
        if (recent.isOld(item)) return
      }
    }
  }

  #resume(watcher: Watcher, since: string): Promise<boolean> {
    return resuming(watcher, since, {
      following: this.#following,
      ask: this.#options.origin.ask,
      reach: (told) => this.#reach.upTo(told),
    })
  }

  async #snapshot(watcher: Watcher): Promise<void> {
    const parts = this.#options.origin.snapshotOf(watcher.asked.interest)
    // Whoever takes his time with what he is told keeps nobody else waiting.
    for await (const { told, isToCome } of this.#gate.each(parts)) {
      if (watcher.isInVain) return
      await watcher.tellPast(told)
      // Where that is not known now it is tried again after the next part.
      if (watcher.isCrowded && (await this.#reach.within(REACHED_MAX_MS))) await watcher.relieve(isToCome)
    }
    await this.#reach.now()
  }
}
