/** The records of packs, some of which chance chooses: by the oldest of these one is found that is among the oldest of all. */
import type { Pack } from './pack.ts'

/** Of so many the oldest is given up: on average it is older than 94 of 100. */
const COMPARED = 16
/** Where there are not more, the oldest of all. */
const COMPARED_ALL_MAX = 256

export interface Candidate {
  readonly pack: Pack
  readonly cell: number
}

export class Sample {
  /** Those that are not empty. */
  readonly #packs: Pack[] = []
  #chance = 0

  add(pack: Pack): void {
    this.#packs.push(pack)
  }

  remove(pack: Pack): void {
    this.#packs.splice(this.#packs.indexOf(pack), 1)
  }

  /** Of so many that there are in all. */
  candidates(count: number): Iterable<Candidate> {
    return count <= COMPARED_ALL_MAX ? this.#all() : this.#some()
  }

  *#all(): Generator<Candidate> {
    for (const pack of this.#packs) {
      for (let cell = 0; cell < pack.cells; cell++) if (pack.placeIn(cell) !== 0) yield { pack, cell }
    }
  }

  /** Each the first behind a place that chance has chosen. */
  *#some(): Generator<Candidate> {
    for (let left = COMPARED; left > 0; left--) {
      const pack = this.#packs[this.#below(this.#packs.length)]
      if (pack === undefined) return
      let cell = this.#below(pack.cells)
      while (pack.placeIn(cell) === 0) cell = (cell + 1) % pack.cells
      yield { pack, cell }
    }
  }

  /** By a linear congruential generator (Knuth, volume 2, 3.3.4), so that the same uses have the same victims. */
  #below(end: number): number {
    this.#chance = (Math.imul(this.#chance, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#chance / 2 ** 32) * end)
  }
}
