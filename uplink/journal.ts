/** The last things that have happened in the registry, for those who look at the page. In memory, and bounded. */
import type { Clock } from '../shared/clock.ts'

export interface Happening {
  readonly atMs: number
  readonly epoch: number
  /** Of the member, where it is about one. */
  readonly id?: string
  readonly what: string
}

const HAPPENINGS_MAX = 50

export class Journal {
  readonly #clock: Clock
  #newestFirst: readonly Happening[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get newestFirst(): readonly Happening[] {
    return this.#newestFirst
  }

  note(happening: Omit<Happening, 'atMs'>): void {
    const noted = { atMs: this.#clock.wall(), ...happening }
    this.#newestFirst = [noted, ...this.#newestFirst].slice(0, HAPPENINGS_MAX)
  }
}
