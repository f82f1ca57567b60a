/**
 * All who watch here: how many there may be, and what is told to every one of them. Each has a connection for as long as he
 * watches, so there are always some left for those who ask something; and one address leaves some to the others.
 */
import type { Clock, Timer } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { Steps } from '../../shared/steps.ts'
import { Trouble } from '../../shared/trouble.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Audience, WatchEvent } from '../watching.ts'
import type { Watcher } from './watcher.ts'

/** Of all connections that clients may have. */
const PART = 3 / 4
/** And of these those that one address may have. */
const ADDRESS_PART = 0.9
const BEAT_MS = 10_000
/** So many are told in one step. */
export const TOLD_AT_ONCE = 20

export interface WatchersOptions {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  /** How many clients may be connected. */
  readonly clientsMax?: number
  /** What to go on from, as of now. */
  id(): string
  onRefused(): void
}

export class Watchers {
  readonly #options: WatchersOptions
  readonly #all = new Map<Watcher, Audience>()
  readonly #byAddress = new Map<string, number>()
  readonly #crowd: Trouble
  #timer: Timer | undefined

  constructor(options: WatchersOptions) {
    this.#options = options
    this.#crowd = new Trouble(options.log, {
      begins: 'more want to watch than may: those that come are refused',
      ends: 'there is room for those who want to watch again',
    })
  }

  get size(): number {
    return this.#all.size
  }

  get #most(): number {
    return Math.ceil((this.#options.clientsMax ?? Infinity) * PART)
  }

  get #ofAddressMost(): number {
    return Math.ceil(this.#most * ADDRESS_PART)
  }

  /** Why nobody more from there may watch. */
  refusal(address: string): LarderError | undefined {
    if (this.size >= this.#most)
      return new LarderError('OVERLOADED', `${this.size} watch here already: ask another member.`)
    const theirs = this.#byAddress.get(address) ?? 0
    if (theirs < this.#ofAddressMost) return undefined
    return new LarderError(
      'OVERLOADED',
      `${theirs} watch here from your address already: ask another member.`,
    )
  }

  /** @throws LarderError OVERLOADED where nobody more from there may watch. */
  admit(address: string): void {
    const refusal = this.refusal(address)
    if (refusal === undefined) return
    this.#options.onRefused()
    this.#crowd.begin({ address, ofAddress: this.#byAddress.get(address) ?? 0, watchers: this.size })
    throw refusal
  }

  add(watcher: Watcher, audience: Audience): void {
    const { clock, turns } = this.#options
    this.#all.set(watcher, audience)
    this.#count(audience.address, 1)
    this.#timer ??= clock.every(BEAT_MS, () => void turns.take('changes', this.#beating()))
  }

  delete(watcher: Watcher): void {
    const audience = this.#all.get(watcher)
    if (audience === undefined) return
    this.#all.delete(watcher)
    const left = this.#count(audience.address, -1)
    if (this.size < this.#most * ADDRESS_PART && left < this.#ofAddressMost * ADDRESS_PART) this.#crowd.end()
    if (this.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Nobody knows what they have missed. They are told in turns, and nothing else before. */
  miss(): void {
    for (const watcher of this.#all.keys()) watcher.miss()
    void this.#options.turns.take('changes', this.#tellingMissed())
  }

  /** They go on elsewhere. @returns who is to be stopped. */
  end(): Watcher[] {
    const beat = this.#beat
    for (const [watcher, audience] of this.#all) {
      watcher.beat(beat)
      audience.end()
    }
    return [...this.#all.keys()]
  }

  /** @returns how many there are. */
  #count(address: string, more: number): number {
    const count = (this.#byAddress.get(address) ?? 0) + more
    if (count === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, count)
    return count
  }

  get #beat(): WatchEvent {
    return { type: 'beat', id: this.#options.id() }
  }

  *#beating(): Steps<void> {
    let [beat, count] = [this.#beat, 0]
    for (const watcher of this.#all.keys()) {
      watcher.beat(beat)
      if (++count % TOLD_AT_ONCE !== 0) continue
      yield
      beat = this.#beat
    }
  }

  *#tellingMissed(): Steps<void> {
    let count = 0
    for (const watcher of this.#all.keys()) {
      watcher.tellMissed()
      if (++count % TOLD_AT_ONCE === 0) yield
    }
  }
}
