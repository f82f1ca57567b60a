/** Connections by how long they have asked nothing, as far as anybody has looked. */
import type { Duplex } from 'node:stream'

export interface Waiting {
  readonly socket: Duplex
  /** When it last asked something, or came. */
  readonly askedAtMs: number
}

/** A search looks at no more of them. */
export const LOOKS_MAX = 200

/**
 * Who asks is not moved, which every request would have to pay for: whoever is found at the front and has asked since, or waits
 * for an answer, goes to the back then (CLOCK: Corbató, 1968).
 */
export class Line<Place extends Waiting> {
  /** With when each had last asked when it was put there. */
  readonly #places = new Map<Place, number>()

  get size(): number {
    return this.#places.size
  }

  add(place: Place): void {
    this.#places.set(place, place.askedAtMs)
  }

  delete(place: Place): void {
    this.#places.delete(place)
  }

  /** One that has asked nothing since then, and waits for no answer. */
  silentSince(untilMs: number, isQuiet: (socket: Duplex) => boolean): Place | undefined {
    let looks = Math.min(this.#places.size, LOOKS_MAX)
    for (const [place, linedUpAtMs] of this.#places) {
      if (looks-- === 0) return undefined
      if (place.askedAtMs > linedUpAtMs || !isQuiet(place.socket)) {
        this.#places.delete(place)
        this.add(place)
      } else if (place.askedAtMs <= untilMs) return place
    }
    return undefined
  }
}
