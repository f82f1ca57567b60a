/**
 * What this uplink has seen of the members' renewals, by its own clock: the lookout notes it, and whoever decides
 * about a member asks here.
 *
 * While the store cannot be read, or a look comes late, members may not have been able to renew: then the
 * sightings start anew, and everybody gets a whole lease again.
 */
import { observe, type Registry, type Sightings } from './registry.ts'

/** A look that comes later than this part of a lease after the last one says nothing of the time between. */
const GAP_MAX = 0.5

export class Observations {
  readonly #leaseMs: number
  #sightings: Sightings = new Map()
  #lookedAtMs = 0

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs
  }

  /** What has been seen, for `quiet`, `seenAt` and `witnesses` to judge. */
  get sightings(): Sightings {
    return this.#sightings
  }

  note(now: { registry: Registry; renewals: ReadonlyMap<string, number>; nowMs: number }): void {
    const isLate = now.nowMs - this.#lookedAtMs > this.#leaseMs * GAP_MAX
    this.#sightings = observe(isLate ? new Map() : this.#sightings, now)
    this.#lookedAtMs = now.nowMs
  }

  forget(): void {
    this.#sightings = new Map()
  }
}
