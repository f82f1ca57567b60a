/** The last things that have happened among the members, as the one process saw it that tells of them, for those who look at the page. In memory, and bounded. */
import type { Clock } from '../clock.ts'
import type { ClusterStatus } from './status.ts'

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

  /** As the page is told. */
  get told(): ClusterStatus['events'] {
    return this.#newestFirst.map(({ atMs, ...event }) => ({ at: new Date(atMs).toISOString(), ...event }))
  }

  note(happening: Omit<Happening, 'atMs'>): void {
    const noted = { atMs: this.#clock.wall(), ...happening }
    this.#newestFirst = [noted, ...this.#newestFirst].slice(0, HAPPENINGS_MAX)
  }
}
