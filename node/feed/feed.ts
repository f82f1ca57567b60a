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
import type { Log } from '../../shared/log.ts'
import { Portions } from '../../shared/portions.ts'
import type { Steps } from '../../shared/steps.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Member } from '../../shared/view.ts'
import { type FeedItem, isGone } from '../../shared/watching.ts'
import type { PlacedView } from '../cluster/members/members.ts'
import type { Asked, Audience, WatchEvent, Watching } from '../watching.ts'
import type { AskFeed } from './follower.ts'
import { Following } from './following.ts'
import { Gate } from './gate.ts'
import { Interests } from './interests.ts'
import { createFeedMetrics, type FeedMetrics } from './metrics.ts'
import { Reach } from './reach.ts'
import { Recent } from './recent.ts'
import { resuming } from './resume.ts'
import { snapshotOf } from './snapshot.ts'
import type { Source } from './source.ts'
import { vectorText } from './vector.ts'
import { Watcher } from './watcher.ts'
import { TOLD_AT_ONCE, Watchers } from './watchers.ts'

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

export interface FeedOptions {
  readonly self: Member
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  readonly source: Source
  /** How many clients may be connected; as many as like where that is not said. */
  readonly clientsMax?: number
  placed(): PlacedView | undefined
  /** Of another member. */
  askPeer: AskFeed
}

export class Feed implements Watching {
  readonly #options: FeedOptions
  readonly #following: Following
  readonly #reach: Reach
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

  constructor(options: FeedOptions) {
    const { registry, source, clock, turns, log } = options
    this.#options = options
    this.#metrics = createFeedMetrics(registry, {
      watchers: () => this.#watchers.size,
      marks: () => source.size,
      bytes: () => source.bytes,
    })
    this.#watchers = new Watchers({
      ...options,
      id: () => this.#id,
      onRefused: () => this.#metrics.refused.inc(),
    })
    this.#following = new Following({
      clock,
      ask: this.#ask,
      interests: () => this.#interests.asked,
      onItem: (life, item) => this.#telling(life, item),
      take: (steps) => turns.take('changes', steps),
      onMissed: (reason) => {
        log.info({ reason, watchers: this.#watchers.size }, 'watchers have missed changes, and are told so')
        this.#recent.forgetTelling()
        this.#watchers.miss()
      },
    })
    this.#reach = new Reach({ clock, ask: this.#ask, following: this.#following })
  }

  /** A view has come. */
  follow(placed: PlacedView): void {
    this.#following.follow(placed)
    this.#options.source.wake()
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
    const placed = this.#options.placed()
    if (placed !== undefined) this.#following.start(placed)
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
    this.#recent = new Recent()
  }

  get #isReady(): boolean {
    return !this.#isEnding && this.#options.placed() !== undefined
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

  readonly #ask: AskFeed = (member, question, timeoutMs) => {
    const { self, source, askPeer } = this.#options
    const isHere = member.incarnation === self.incarnation
    return isHere ? source.answer(question, self.incarnation) : askPeer(member, question, timeoutMs)
  }

  #resume(watcher: Watcher, since: string): Promise<boolean> {
    return resuming(watcher, since, {
      following: this.#following,
      ask: this.#ask,
      reach: (told) => this.#reach.upTo(told),
    })
  }

  async #snapshot(watcher: Watcher): Promise<void> {
    const { clock, placed } = this.#options
    const { interest } = watcher.asked
    // Whoever takes his time with what he is told keeps nobody else waiting.
    const ask: AskFeed = (...asked) => this.#gate.pass(() => this.#ask(...asked))
    for await (const { told, isToCome } of snapshotOf(interest, { clock, ask, placed })) {
      if (watcher.isInVain) return
      await watcher.tellPast(told)
      // Where that is not known now it is tried again after the next part.
      if (watcher.isCrowded && (await this.#reach.within(REACHED_MAX_MS))) await watcher.relieve(isToCome)
    }
    await this.#reach.now()
  }
}
