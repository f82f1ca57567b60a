/**
 * What is being fetched. Whoever asks for the same waits for it, where what it brings is his too.
 *
 * A flight that is cut loose is joined by nobody any more, and stores nothing: something was said against what it may bring.
 * One that was passed by, as something was said of a tag, is not joined either, but may store what has not that tag.
 */
import type { Reply } from '../../shared/command.ts'
import type { Purge } from '../../shared/response-command.ts'
import { addressOf, type Wanted } from './stored.ts'

export interface Landing {
  readonly reply: Reply
  /** Then it is everybody's. */
  readonly isStored: boolean
}

export interface Flight {
  readonly asked: Wanted
  isCutLoose: boolean
  /** Where others fetch too: what was said last of what it may bring, when it began. */
  fence?: string
  /** What was said of tags while it was under way. */
  readonly purges: Purge[]
  storing: Promise<unknown>
  landing: Promise<Landing>
}

export class Flights {
  /** Those that may be joined, by what they fetch, the first one first. */
  readonly #joinable = new Map<string, Flight[]>()
  readonly #passedBy = new Set<Flight>()

  begin(asked: Wanted, fly: (flight: Flight) => Promise<Landing>): Flight {
    const flight: Flight = {
      asked,
      isCutLoose: false,
      purges: [],
      storing: Promise.resolve(),
      landing: Promise.resolve().then(() => fly(flight)),
    }
    const address = addressOf(asked)
    // What it brings is newer than what those bring.
    for (const passed of this.#passedBy) if (addressOf(passed.asked) === address) passed.isCutLoose = true
    this.#joinable.set(address, [...this.#of(asked), flight])
    const land = () => this.#drop(flight)
    flight.landing.then(land, land)
    return flight
  }

  /** The first that is under way. */
  firstOf(asked: Wanted): Flight | undefined {
    return this.#of(asked)[0]
  }

  /** One that the same caller has asked for. */
  ownOf(asked: Wanted): Flight | undefined {
    return this.#of(asked).find((flight) => flight.asked.authorization === asked.authorization)
  }

  /** From now on they store nothing. */
  cutLoose(isMeant: (asked: Wanted) => boolean): Flight[] {
    for (const flight of this.#passedBy) if (isMeant(flight.asked)) flight.isCutLoose = true
    const meant = this.#joined(isMeant)
    for (const flight of meant) {
      flight.isCutLoose = true
      this.#drop(flight)
    }
    return meant
  }

  /** From now on they store nothing that is meant. */
  passBy(purge: Purge): Flight[] {
    for (const flight of this.#passedBy) flight.purges.push(purge)
    const meant = this.#joined(({ tenant }) => purge.tenant === undefined || purge.tenant === tenant)
    for (const flight of meant) {
      flight.purges.push(purge)
      this.#drop(flight)
      this.#passedBy.add(flight)
      const land = () => this.#passedBy.delete(flight)
      flight.landing.then(land, land)
    }
    return [...this.#passedBy]
  }

  #of(asked: Wanted): readonly Flight[] {
    return this.#joinable.get(addressOf(asked)) ?? []
  }

  #joined(isMeant: (asked: Wanted) => boolean): Flight[] {
    return [...this.#joinable.values()].flat().filter(({ asked }) => isMeant(asked))
  }

  #drop(flight: Flight): void {
    const address = addressOf(flight.asked)
    const left = this.#of(flight.asked).filter((other) => other !== flight)
    if (left.length > 0) this.#joinable.set(address, left)
    else this.#joinable.delete(address)
  }
}
