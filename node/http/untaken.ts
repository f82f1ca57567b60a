/** What somebody has not taken yet counts as in flight while there is any: of many who have taken everything nobody is looked at. */
import type { Holder } from '../../shared/in-flight.ts'

export class Untaken {
  readonly #holder: Holder
  readonly #holders: Set<Holder>
  #writes = 0

  constructor(holder: Holder, holders: Set<Holder>) {
    this.#holder = holder
    this.#holders = holders
  }

  /** Something is about to be written. */
  begin(): void {
    if (this.#writes++ === 0) this.#holders.add(this.#holder)
  }

  /** To be called once it is taken, or never will be. */
  readonly end = () => {
    if (--this.#writes === 0) this.over()
  }

  /** Nobody will take anything any more. */
  over(): void {
    this.#holders.delete(this.#holder)
  }
}
