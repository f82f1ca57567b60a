/** What clients know of their writes, and so what may be found after a crash. All moments are milliseconds. */

/** When a write was acknowledged; `Infinity` as long as it is not. */
type Moment = number

/** Something that holds one state, written by one client, one write after the other. */
export class Cell {
  #writes: { readonly state: string; ackedAtMs: Moment }[] = [{ state: '', ackedAtMs: -Infinity }]

  /** The empty state is that of something that is not there. */
  write(state: string): { ackedAtMs: Moment } {
    const write = { state, ackedAtMs: Infinity }
    this.#writes.push(write)
    return write
  }

  /** The last write that must not be lost, and all that came later. */
  possible(safeUntilMs: number): string[] {
    const last = this.#writes.findLastIndex(({ ackedAtMs }) => ackedAtMs <= safeUntilMs)
    return this.#writes.slice(last).map(({ state }) => state)
  }

  /** What was found is what counts from now on. */
  settle(state: string): void {
    this.#writes = [{ state, ackedAtMs: -Infinity }]
  }
}

export interface Addition {
  readonly by: number
  /** Present where it may be sent again. */
  readonly once?: string
  ackedAtMs: Moment
  answer: string | undefined
}

/** A counter to which many clients add, in no order. */
export class Sum {
  #before = 0
  #additions: Addition[] = []

  add(by: number, once?: string): Addition {
    const addition = { by, ackedAtMs: Infinity, answer: undefined, ...(once !== undefined && { once }) }
    this.#additions.push(addition)
    return addition
  }

  /** Each of the unsafe ones may have been counted, or not. */
  bounds(safeUntilMs: number): { least: number; most: number } {
    let [least, most] = [this.#before, this.#before]
    for (const { by, ackedAtMs } of this.#additions) {
      const isSafe = ackedAtMs <= safeUntilMs
      least += isSafe ? by : Math.min(by, 0)
      most += isSafe ? by : Math.max(by, 0)
    }
    return { least, most }
  }

  /** Those that must not be lost, and those that may be. */
  sorted(safeUntilMs: number): { safe: Addition[]; unsafe: Addition[] } {
    const safe = this.#additions.filter(({ ackedAtMs }) => ackedAtMs <= safeUntilMs)
    return { safe, unsafe: this.#additions.filter((addition) => !safe.includes(addition)) }
  }

  /** This is what counts from now on, together with what was acknowledged after the crash. */
  settle(total: number, since: readonly Addition[] = []): void {
    this.#before = total - since.reduce((sum, { by }) => sum + by, 0)
    this.#additions = [...since]
  }
}
