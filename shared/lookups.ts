/**
 * Names that are being looked up: each once at a time, few at once, and what a name is for decides whom it may hold up.
 *
 * The system looks names up on threads of which there are few, and one that nobody knows may hold a thread for ten seconds
 * that nobody can take back. So whatever a name is for has threads of its own, and of these one is always left to names that
 * were found when they were last looked up, or never were.
 */

/** What is reached by a name: another member, uplink or where it keeps its registry, an API, or anything else. */
export type Purpose = 'member' | 'registry' | 'upstream' | 'other'

export interface Address {
  readonly address: string
  readonly family: number
}

/** Asks the system for all addresses of a name, in the order in which it would have them tried. */
export type Resolve = (name: string) => Promise<readonly Address[]>

const AT_ONCE: Readonly<Record<Purpose, number>> = { member: 4, registry: 2, upstream: 2, other: 2 }
/** With so many threads as many names can be looked up at once: libuv lets names have half of them. */
export const THREADS = 2 * Object.values(AT_ONCE).reduce((sum, count) => sum + count, 0)

export function comesBefore(one: Purpose, other: Purpose): boolean {
  const order = Object.keys(AT_ONCE)
  return order.indexOf(one) < order.indexOf(other)
}

export interface Wanted {
  readonly name: string
  readonly purpose: Purpose
  /** It was not found when it was last looked up. */
  readonly isDoubtful: boolean
}

interface Lookup extends Wanted {
  readonly outcome: PromiseWithResolvers<readonly Address[]>
}

class Lane {
  readonly waiting = new Set<Lookup>()
  readonly underWay = new Set<Lookup>()
  readonly #atOnce: number

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** What may be begun now. */
  get next(): Lookup | undefined {
    if (this.underWay.size >= this.#atOnce) return undefined
    const good = this.waiting.values().find(({ isDoubtful }) => !isDoubtful)
    const doubtful = this.underWay.values().filter(({ isDoubtful }) => isDoubtful)
    const isFull = [...doubtful].length >= this.#atOnce - 1
    return good ?? (isFull ? undefined : this.waiting.values().next().value)
  }
}

export class Lookups {
  readonly #resolve: Resolve
  readonly #lanes: Readonly<Record<Purpose, Lane>>
  /** By name. */
  readonly #all = new Map<string, Lookup>()

  constructor(resolve: Resolve) {
    this.#resolve = resolve
    const lane = (purpose: Purpose) => new Lane(AT_ONCE[purpose])
    this.#lanes = {
      member: lane('member'),
      registry: lane('registry'),
      upstream: lane('upstream'),
      other: lane('other'),
    }
  }

  /** How many names wait for their turn, or for what the system says. */
  get size(): number {
    return this.#all.size
  }

  /** Whoever wants a name that is wanted already gets what comes of that. @throws what the system says, as a rejection. */
  find(wanted: Wanted): Promise<readonly Address[]> {
    const known = this.#all.get(wanted.name)
    if (known !== undefined) return known.outcome.promise
    const lookup = { ...wanted, outcome: Promise.withResolvers<readonly Address[]>() }
    this.#all.set(wanted.name, lookup)
    this.#lanes[wanted.purpose].waiting.add(lookup)
    this.#goOn(wanted.purpose)
    return lookup.outcome.promise
  }

  #goOn(purpose: Purpose): void {
    const lane = this.#lanes[purpose]
    for (let { next } = lane; next !== undefined; next = lane.next) {
      lane.waiting.delete(next)
      lane.underWay.add(next)
      void this.#run(next)
    }
  }

  async #run(lookup: Lookup): Promise<void> {
    const { name, purpose, outcome } = lookup
    try {
      outcome.resolve(await this.#resolve(name))
    } catch (error) {
      outcome.reject(error)
    }
    this.#all.delete(name)
    this.#lanes[purpose].underWay.delete(lookup)
    this.#goOn(purpose)
  }
}
