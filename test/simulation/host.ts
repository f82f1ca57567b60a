/**
 * What a process runs on: its clocks, and whether it runs at all.
 *
 * One that is stopped sees neither timers nor messages; when it goes on, they all come at once, and its clock has
 * jumped. One that is dead sees nothing any more.
 */
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Random } from '../durability/random.ts'
import type { Mutation } from './mutations.ts'
import type { World } from './world.ts'

/** Some day in 2026, as milliseconds since 1970. */
const EPOCH_MS = 1_780_000_000_000

/** How far a wall clock is from the true time, and by which part of it it goes too fast. */
export interface Wall {
  readonly offsetMs: number
  readonly drift: number
}

const HURRY = 4

interface Alarm {
  readonly everyMs: number | undefined
  readonly run: () => void
  isOff: boolean
}

export interface HostOptions {
  readonly world: World
  readonly random: Random
  readonly wall: Wall
  readonly mutation: Mutation | undefined
}

export class Host implements Clock {
  readonly #options: HostOptions
  readonly #startedAtMs: number
  readonly #pace: number
  #state: 'running' | 'stopped' | 'dead' = 'running'
  /** What came while it was stopped. */
  #timers: (() => void)[] = []
  #messages: (() => void)[] = []
  readonly #mourners = new Set<() => void>()

  /** How often it was stopped. */
  stops = 0

  constructor(options: HostOptions) {
    this.#options = options
    this.#pace = options.mutation === 'hurry clocks' && options.random.below(2) === 0 ? HURRY : 1
    this.#startedAtMs = options.world.nowMs - options.random.below(100_000)
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  now(): number {
    return (this.#options.world.nowMs - this.#startedAtMs) * this.#pace
  }

  wall(): number {
    const { world, wall } = this.#options
    return Math.floor(EPOCH_MS + world.nowMs * (this.#pace + wall.drift) + wall.offsetMs)
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#set(delayMs, { everyMs: undefined, run, isOff: false })
  }

  every(intervalMs: number, run: () => void): Timer {
    return this.#set(intervalMs, { everyMs: intervalMs, run, isOff: false })
  }

  /** Something has come from outside. */
  receive(run: () => void): void {
    if (this.#state === 'running') run()
    else if (this.#state === 'stopped') this.#messages.push(run)
  }

  stop(): void {
    if (this.#state !== 'running') return
    this.#state = 'stopped'
    this.stops++
  }

  /** Whether the timers or the messages are seen first is up to the system. */
  continue(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    const { world, random } = this.#options
    const [timers, messages] = [this.#timers, this.#messages]
    this.#timers = []
    this.#messages = []
    const isTimersFirst = random.below(2) === 0
    const [first, then] = isTimersFirst ? [timers, messages] : [messages, timers]
    for (const run of [...first, ...then]) {
      world.after(0, () => {
        if (this.#state === 'running') run()
        else if (this.#state === 'stopped') this.#messages.push(run) // Stopped again before it came to that.
      })
    }
  }

  die(): void {
    this.#state = 'dead'
    this.#timers = []
    this.#messages = []
    for (const mourn of this.#mourners) mourn()
    this.#mourners.clear()
  }

  /** Called should it die before this is called off. */
  onDeath(mourn: () => void): { cancel(): void } {
    this.#mourners.add(mourn)
    return { cancel: () => void this.#mourners.delete(mourn) }
  }

  #set(delayMs: number, alarm: Alarm): Timer {
    this.#options.world.after(delayMs, () => this.#ring(alarm))
    return {
      cancel() {
        alarm.isOff = true
      },
    }
  }

  #ring(alarm: Alarm): void {
    if (alarm.isOff || this.#state === 'dead') return
    if (this.#state === 'stopped') {
      this.#timers.push(() => this.#ring(alarm))
      return
    }
    if (alarm.everyMs !== undefined) this.#set(alarm.everyMs, alarm)
    alarm.run()
  }
}
