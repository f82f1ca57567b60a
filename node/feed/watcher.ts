/**
 * One who watches. Either he is told as it comes, or he is being told what he has missed, or what there is: then what comes
 * meanwhile waits, of each thing the last. Who takes too little is told no more until he has taken what he was told, and then
 * that he has missed something.
 */
import { type Clock, pause } from '../../shared/clock.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Portions } from '../../shared/portions.ts'
import type { Steps } from '../../shared/steps.ts'
import { isGone, type Told } from '../../shared/watching.ts'
import type { Asked, Audience, WatchEvent } from '../watching.ts'
import { type Happening, Waiting } from './waiting.ts'

/** Who has so much to take is told no more. */
const UNTAKEN_BYTES_MAX = 2 ** 20
/** What waits for one who is being told something else: beyond that he has missed something. */
const WAITING_BYTES_MAX = 4 * 2 ** 20
/** From so much on he is told of it before he is told more of what there is. */
const CROWDED_BYTES = 2 ** 20
/** So many are told in one step. */
const TOLD_AT_ONCE = 20
/** Before it is tried again to tell what there is. */
const PAUSE_MS = 1000

export interface WatcherOptions {
  readonly asked: Asked
  readonly audience: Audience
  readonly clock: Clock
  /** What waits for all who watch here. */
  readonly waiting: Portions<Watcher>
  /** Takes steps in turns. */
  take(steps: Steps<void>): Eventual<void>
  /** What to go on from, as of now. */
  id(): string
  /** Tells what came after the id that was shown, up to now. False where that is not known. */
  resume(watcher: Watcher, since: string): Promise<boolean>
  /** Over when whatever is written by now is acknowledged, or never will be. */
  settled(): Promise<void>
  /** Tells what there is; over when also what was changed meanwhile waits here. @throws where that cannot be had. */
  snapshot(watcher: Watcher): Promise<void>
  onFailed(error: unknown): void
  onGap(): void
}

export class Watcher {
  readonly asked: Asked
  readonly #options: WatcherOptions
  /** What was told of each member while he was told what he had missed. */
  readonly #toldUpTo = new Map<string, number>()
  #waiting: Waiting | undefined = new Waiting()
  /** What to go on from once he is told all of the state. */
  #knownUpTo = ''
  #hasMissed = false
  /** Before that he is told nothing, so that nothing can be missed. */
  #hasBegun = false
  /** He has been told that it has begun. */
  #isSeen = false
  #isBehind = false
  #isOver = false

  constructor(options: WatcherOptions) {
    this.asked = options.asked
    this.#options = options
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Nobody needs what he is being told: he has gone, or it will be told anew. */
  get isInVain(): boolean {
    return this.#isOver || this.#hasMissed
  }

  /** More waits for him than is to. */
  get isCrowded(): boolean {
    return (this.#waiting?.bytes ?? 0) > CROWDED_BYTES
  }

  async begin(): Promise<void> {
    const { asked, audience, resume } = this.#options
    const { since, hasSnapshot } = asked
    this.#hasBegun = true
    if (since === undefined && !hasSnapshot) return await this.#beginPlainly()
    this.#isSeen = true
    audience.tell({ type: 'beat' })
    const isKnown = since === undefined || (await resume(this, since))
    await this.#settle({ isGap: !isKnown, isState: !isKnown || since === undefined })
  }

  /** Once he sees that it has begun, all that is acknowledged is told: what was written before, and is not yet, as well. */
  async #beginPlainly(): Promise<void> {
    const { audience, id, settled } = this.#options
    const begun = id()
    await settled()
    if (this.#isOver) return
    this.#isSeen = true
    audience.tell({ type: 'beat', id: begun })
    await this.#settle({ isGap: this.#hasMissed, isState: false })
  }

  /** What comes now. */
  tell(happening: Happening): void {
    const { event } = happening
    if (this.#isBehind || this.isInVain) return
    const isTold = this.#isTold(happening)
    const waiting = this.#waiting
    if (waiting === undefined) {
      if (!isTold) this.#tell(event)
      return
    }
    // Also where it is told already: what another member has told of the thing came before it.
    if (isTold) waiting.drop(happening)
    else waiting.add(happening)
    if (waiting.bytes > WAITING_BYTES_MAX) this.loseWaiting()
    else this.#options.waiting.set(this, waiting.bytes)
  }

  /** There is no room for what waits for him. */
  loseWaiting(): void {
    this.#takeWaiting()
    this.#hasMissed = true
  }

  /** What there is, or was missed. Is over once more can be told. */
  async tellPast(told: readonly Told[], id?: string): Promise<void> {
    const events = told.map((one): WatchEvent => {
      return { type: isGone(one) ? 'delete' : 'change', told: one, ...(id && { id }) }
    })
    await this.#tellAll(events)
  }

  /**
   * All is here that was told before what he was told of the state; so what waits can be told, but for what of the state is
   * still to come.
   */
  async relieve(isToCome: (told: Told) => boolean): Promise<void> {
    this.#knownUpTo = this.#options.id()
    const told = this.#takeWaiting().flatMap(({ event }) => event.told ?? [])
    await this.tellPast(told.filter((one) => !isToCome(one)))
  }

  async #tellAll(events: readonly WatchEvent[]): Promise<void> {
    const { audience, take } = this.#options
    await take(this.#telling(events))
    if (audience.bytes > UNTAKEN_BYTES_MAX / 4) await audience.drained()
  }

  *#telling(events: readonly WatchEvent[]): Steps<void> {
    for (const [index, event] of events.entries()) {
      if (this.#isOver) return
      this.#options.audience.tell(event)
      if (index % TOLD_AT_ONCE === TOLD_AT_ONCE - 1) yield
    }
  }

  /** What this member has told up to there is told. */
  toldUpTo(life: string, position: number): void {
    this.#toldUpTo.set(life, position)
  }

  /** Nobody knows what he has missed: he is told nothing more before `tellMissed`. */
  miss(): void {
    if (!this.#hasBegun || this.#isOver || this.#isBehind) return
    this.#hasMissed = true
  }

  /** Unless he is told soon anyway. */
  tellMissed(): void {
    if (!this.#hasMissed || this.#isOver || this.#waiting !== undefined) return
    void this.#settle({ isGap: true, isState: true })
  }

  /** Nothing else has come for a while; `id` is what to go on from. */
  beat(whole: WatchEvent): void {
    if (!this.#isSeen || this.#isOver || this.#isBehind) return
    const isWhole = this.#waiting === undefined && !this.#hasMissed
    this.#options.audience.tell(isWhole ? whole : { type: 'beat' })
  }

  /** He goes, or has to. */
  stop(): void {
    this.#takeWaiting()
    this.#isOver = true
    this.#waiting = undefined
  }

  /** However large it is: who has taken what came before is told of it. */
  #tell(event: WatchEvent): void {
    const { audience } = this.#options
    if (audience.bytes > UNTAKEN_BYTES_MAX) void this.#fallBehind()
    else audience.tell(event)
  }

  async #fallBehind(): Promise<void> {
    this.#isBehind = true
    await this.#options.audience.drained()
    this.#isBehind = false
    if (!this.#isOver) await this.#settle({ isGap: true, isState: true })
  }

  /** Until nothing is missing: what is missed meanwhile begins it anew. */
  async #settle({ isGap, isState }: { isGap: boolean; isState: boolean }): Promise<void> {
    const { audience, id, clock, asked, onGap } = this.#options
    const hasState = isState && asked.hasSnapshot
    this.#waiting ??= new Waiting()
    if (isGap) {
      onGap()
      // Whoever goes on from it would go without the state that follows.
      audience.tell(hasState ? { type: 'gap' } : { type: 'gap', id: id() })
      this.#takeWaiting()
      this.#hasMissed = false
    }
    const isDone = !hasState || (await this.#snapshot())
    if (this.#isOver) return
    if (!isDone) await pause(clock, PAUSE_MS)
    // What comes next is told as it comes. After a state that broke off it might be older than what of it was told.
    while (isDone && !this.isInVain && this.#waiting.bytes > 0)
      await this.#tellAll(this.#takeWaiting().map(({ event }) => event))
    if (this.#isOver) return
    if (!isDone || this.#hasMissed) return await this.#settle({ isGap: true, isState: true })
    this.#waiting = undefined
  }

  async #snapshot(): Promise<boolean> {
    const { audience, id, snapshot, onFailed } = this.#options
    this.#knownUpTo = id()
    try {
      await snapshot(this)
    } catch (error) {
      onFailed(error)
      return false
    }
    if (!this.isInVain) audience.tell({ type: 'snapshot-end', id: this.#knownUpTo })
    return true
  }

  #takeWaiting(): Happening[] {
    this.#options.waiting.set(this, 0)
    return this.#waiting?.take().filter((one) => !this.#isTold(one)) ?? []
  }

  /** While he was told what he had missed. */
  #isTold({ life, item }: Happening): boolean {
    return item.at <= (this.#toldUpTo.get(life) ?? -1)
  }
}
