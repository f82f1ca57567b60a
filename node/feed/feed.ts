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
import { type Clock, inTime, pause, type Timer } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { isLater } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import { type FeedItem, isGone } from '../../shared/watching.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import { FEED_MAX_MS } from './follower.ts'
import { Following } from './following.ts'
import { Gate } from './gate.ts'
import { Interests } from './interests.ts'
import { createFeedMetrics, type FeedMetrics, type FeedNumbers } from './metrics.ts'
import type { Origin, Teller } from './origin.ts'
import { Recent } from './recent.ts'
import { resuming } from './resume.ts'
import { type Vector, vectorText } from './vector.ts'
import { Watcher } from './watcher.ts'

export { FEED_MAX_MS } from './follower.ts'
export { covers, toldTo } from './interest.ts'
export { OfMembers } from './members.ts'
export type { Origin, Teller } from './origin.ts'
export { Source } from './source.ts'

/** Who comes when so many watch is refused. */
const WATCHERS_MAX = 10_000
const BEAT_MS = 10_000
/** So many are told in one step. */
const TOLD_AT_ONCE = 20
/** So many are told at a time what there is. */
const SNAPSHOTS_AT_ONCE = 8
/** Until all is here that was told elsewhere before the state was. */
const REACH_MAX_MS = 10_000
const REACH_LOOK_MS = 5
/** For writes that are under way when somebody begins. */
const SETTLED_MAX_MS = 1500
const LATE = new LarderError('UNREACHABLE', 'A member does not tell what has changed.')

export interface FeedOptions<T extends Teller> {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  readonly origin: Origin<T>
  /** What is remembered in this process. */
  readonly remembered?: FeedNumbers['remembered']
}

export class Feed<T extends Teller> implements Watching {
  readonly #options: FeedOptions<T>
  readonly #following: Following<T>
  readonly #interests = new Interests<Watcher>()
  readonly #watchers = new Map<Watcher, Audience>()
  readonly #gate = new Gate(SNAPSHOTS_AT_ONCE)
  readonly #metrics: FeedMetrics
  #recent = new Recent()
  #beating: Timer | undefined
  #isEnding = false

  constructor(options: FeedOptions<T>) {
    const { registry, remembered, origin, clock, turns } = options
    this.#options = options
    this.#metrics = createFeedMetrics(registry, {
      watchers: () => this.#watchers.size,
      remembered,
    })
    this.#following = new Following({
      clock,
      ask: origin.ask,
      interests: () => this.#interests.asked,
      onItem: (life, item) => turns.take('changes', this.#telling(life, item)),
      onMissed: (reason) => this.miss(reason),
    })
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
    for (const watcher of this.#watchers.keys()) watcher.miss()
  }

  admit(): void {
    if (this.#isEnding || !this.#options.origin.isReady)
      throw new LarderError(
        'NOT_READY',
        'No changes are told of here, as this node starts or stops: ask another one.',
      )
    if (this.#watchers.size < WATCHERS_MAX) return
    this.#metrics.refused.inc()
    throw new LarderError('OVERLOADED', `${WATCHERS_MAX} watch here already: ask another member.`)
  }

  watch(asked: Asked, audience: Audience): () => void {
    const { clock } = this.#options
    const watcher: Watcher = new Watcher({
      asked,
      audience,
      clock,
      id: () => this.#id,
      resume: async (watcher, since) => await this.#resume(watcher, since),
      settled: () => this.#settled(),
      snapshot: async (watcher) => await this.#gate.pass(() => this.#snapshot(watcher)),
      onGap: () => this.#metrics.gaps.inc(),
    })
    this.#watchers.set(watcher, audience)
    this.#beating ??= clock.every(BEAT_MS, () => this.#beat())
    const stop = () => this.#stop(watcher)
    this.#begin(watcher).catch(stop)
    return stop
  }

  /** Whoever watches here goes on elsewhere. */
  end(): void {
    this.#isEnding = true
    for (const [watcher, audience] of this.#watchers) {
      watcher.beat()
      this.#stop(watcher)
      audience.end()
    }
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
    this.#beating?.cancel()
    this.#beating = undefined
  }

  get #id(): string {
    return vectorText(this.#following.vector)
  }

  *#telling(life: string, item: FeedItem): Steps<void> {
    const recent = this.#recent
    let [id, count]: [string | undefined, number] = [undefined, 0]
    for (const { told, all } of this.#interests.for(recent.withoutKnown(item.told))) {
      if (id === undefined && !recent.isNews(item)) return
      id ??= vectorText(new Map(this.#following.vector).set(life, item.at))
      const event: WatchEvent = { type: isGone(told) ? 'delete' : 'change', told, id }
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

  #beat(): void {
    for (const watcher of this.#watchers.keys()) watcher.beat()
  }

  /** Whoever does not answer holds up nobody who begins. */
  async #settled(): Promise<void> {
    const { clock } = this.#options
    await inTime(this.#reach(), { clock, timeoutMs: SETTLED_MAX_MS, late: LATE }).catch(() => {})
  }

  #resume(watcher: Watcher, since: string): Promise<boolean> {
    return resuming(watcher, since, {
      following: this.#following,
      ask: this.#options.origin.ask,
      reach: (told) => this.#reachThere(told),
    })
  }

  async #snapshot(watcher: Watcher): Promise<void> {
    for await (const told of this.#options.origin.snapshotOf(watcher.asked.interest)) {
      if (watcher.isOver) return
      await watcher.tellPast(told)
    }
    await this.#reach()
  }

  /** Is over once all is here, and acknowledged, that was changed by now: a state that was shown is not to be followed by what came before. */
  async #reach(): Promise<void> {
    const { clock, origin } = this.#options
    const question = { type: 'changes', interests: [], holdMs: 0 } as const
    const asked = this.#following.tellers.map(async (teller) => {
      const { position } = await origin.ask(teller, question, FEED_MAX_MS)
      return { life: teller.incarnation, position }
    })
    const all = await inTime(Promise.all(asked), { clock, timeoutMs: FEED_MAX_MS, late: LATE })
    await this.#reachThere(new Map(all.map(({ life, position }) => [life, position])))
  }

  /** Is over once all is here that was changed up to there. */
  async #reachThere(positions: Vector): Promise<void> {
    const { clock } = this.#options
    const untilMs = clock.now() + REACH_MAX_MS
    while (!this.#following.isSettled(positions)) {
      if (clock.now() > untilMs) throw LATE
      await pause(clock, REACH_LOOK_MS)
    }
  }
}
