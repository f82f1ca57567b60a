/**
 * One who watches. Either he is told as it comes, or he is being told what he has missed, or what there is: then what comes
 * meanwhile waits, of each thing the last. Who takes too little is told no more until he has taken what he was told, and then
 * that he has missed something.
 */
import { type Clock, pause } from '../../shared/clock.ts'
import type { FeedItem, Told } from '../../shared/watching.ts'
import { isGone } from '../../shared/watching.ts'
import type { Asked, Audience, WatchEvent } from '../watching.ts'
import { nameOfTold } from './recent.ts'

/** Who has so much to take is told no more. */
const UNTAKEN_BYTES_MAX = 2 ** 20
/** What waits for one who is being told what there is. */
const WAITING_MAX = 10_000
/** Before it is tried again to tell what there is. */
const PAUSE_MS = 1000

/** An event, and of what it is. */
export interface Happening {
  readonly event: WatchEvent
  readonly life: string
  readonly item: FeedItem
}

export interface WatcherOptions {
  readonly asked: Asked
  readonly audience: Audience
  readonly clock: Clock
  /** What to go on from, as of now. */
  id(): string
  /** Tells what came after the id that was shown, up to now. False where that is not known. */
  resume(watcher: Watcher, since: string): Promise<boolean>
  /** Over when whatever is written by now is acknowledged, or never will be. */
  settled(): Promise<void>
  /** Tells what there is; over when also what was changed meanwhile waits here. @throws where that cannot be had. */
  snapshot(watcher: Watcher): Promise<void>
  onGap(): void
}

export class Watcher {
  readonly asked: Asked
  readonly #options: WatcherOptions
  /** What was told of each member while he was told what he had missed. */
  readonly #toldUpTo = new Map<string, number>()
  #waiting: Map<string, Happening> | undefined = new Map()
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
    if (this.#hasMissed) await this.#settle({ isGap: true, isState: false })
    else this.#release()
  }

  /** What comes now. */
  tell(happening: Happening): void {
    const { event, life, item } = happening
    if (this.#isOver || this.#isBehind) return
    const isTold = item.at <= (this.#toldUpTo.get(life) ?? -1)
    if (this.#waiting === undefined) {
      if (!isTold) this.#tell(event)
      return
    }
    const name = nameOfTold(item.told)
    // Also where it is told already: what another member has told of the thing came before it.
    this.#waiting.delete(name)
    if (isTold) return
    this.#waiting.set(name, happening)
    if (this.#waiting.size <= WAITING_MAX) return
    this.#waiting.clear()
    this.#hasMissed = true
  }

  /** What there is, or was missed. Is over once more can be told. */
  async tellPast(told: readonly Told[], id?: string): Promise<void> {
    const { audience } = this.#options
    for (const one of told)
      if (!this.#isOver)
        audience.tell({ type: isGone(one) ? 'delete' : 'change', told: one, ...(id && { id }) })
    if (audience.bytes > UNTAKEN_BYTES_MAX / 4) await audience.drained()
  }

  /** What this member has told up to there is told. */
  toldUpTo(life: string, position: number): void {
    this.#toldUpTo.set(life, position)
  }

  /** Nobody knows what he has missed. */
  miss(): void {
    if (!this.#hasBegun || this.#isOver || this.#isBehind) return
    if (this.#waiting !== undefined) this.#hasMissed = true
    else void this.#settle({ isGap: true, isState: true })
  }

  /** Nothing else has come for a while. */
  beat(): void {
    const { audience, id } = this.#options
    if (!this.#isSeen || this.#isOver || this.#isBehind) return
    audience.tell(this.#waiting === undefined ? { type: 'beat', id: id() } : { type: 'beat' })
  }

  /** He goes, or has to. */
  stop(): void {
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
    this.#waiting = undefined
    await this.#options.audience.drained()
    this.#isBehind = false
    if (!this.#isOver) await this.#settle({ isGap: true, isState: true })
  }

  /** Until nothing is missing: what is missed meanwhile begins it anew. */
  async #settle({ isGap, isState }: { isGap: boolean; isState: boolean }): Promise<void> {
    const { audience, id, clock, asked, onGap } = this.#options
    const hasState = isState && asked.hasSnapshot
    this.#waiting ??= new Map()
    if (isGap) {
      onGap()
      // Whoever goes on from it would go without the state that follows.
      audience.tell(hasState ? { type: 'gap' } : { type: 'gap', id: id() })
      this.#waiting.clear()
      this.#hasMissed = false
    }
    const isDone = !hasState || (await this.#snapshot())
    if (this.#isOver) return
    if (!isDone) await pause(clock, PAUSE_MS)
    if (!isDone || this.#hasMissed) return await this.#settle({ isGap: true, isState: true })
    this.#release()
  }

  async #snapshot(): Promise<boolean> {
    const { audience, id, snapshot } = this.#options
    const begun = id()
    try {
      await snapshot(this)
    } catch {
      return false
    }
    if (!this.#isOver) audience.tell({ type: 'snapshot-end', id: begun })
    return true
  }

  #release(): void {
    const waiting = this.#waiting ?? new Map<string, Happening>()
    this.#waiting = undefined
    for (const happening of waiting.values()) this.tell(happening)
  }
}
