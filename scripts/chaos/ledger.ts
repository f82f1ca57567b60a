/**
 * What the clients of a chaos run know of their writes, and so what may be read. Pure.
 *
 * A write that was not acknowledged may have happened, or happen yet: what carries it may be frozen. So it stays
 * possible, also behind later writes, until all is quiet and what is found then is settled.
 */

/** What should never be found. */
export type Lie = 'lost' | 'resurrected' | 'counted twice' | 'wrong tenant'

/** The mark of a read that knows of no write that it has to see. */
export const ANYTHING = -Infinity

/** Something that is written and read; what is read is text, empty for what is not there. */
export interface Subject {
  /** To be taken when a read begins: what is acknowledged by now has to be seen. */
  mark(): number
  /** To be asked when the read has ended: what is wrong with what was found, if anything. */
  judge(found: string, mark: number): Lie | undefined
  /** All is quiet: what was found is what counts from now on. @returns whether it was forgotten, as it may be. */
  settle(found: string): boolean
}

export interface Written {
  acknowledge(): void
}

export interface CellOptions {
  /** It may go at any time, as from a cache. It must not come back older. */
  readonly mayForget?: boolean
  /** Each of its states begins with this name and a space; others are of somebody else. */
  readonly tenant?: string
}

interface Write {
  readonly state: string
  readonly generation: number
  isAcknowledged: boolean
}

/** Holds one state, written by one client, one write after the other. */
export class Cell implements Subject {
  readonly #options: CellOptions
  /** All states that it ever had or may have had. */
  readonly #known = new Set([''])
  #writes: Write[] = [{ state: '', generation: 0, isAcknowledged: true }]

  constructor(options: CellOptions = {}) {
    this.#options = options
  }

  /** @param generation names the time between two cuts of the network. */
  write(state: string, generation = 0): Written {
    const write = { state, generation, isAcknowledged: false }
    this.#known.add(state)
    this.#writes.push(write)
    return {
      acknowledge: () => {
        write.isAcknowledged = true
      },
    }
  }

  mark(): number {
    return this.#writes.findLastIndex(({ isAcknowledged }) => isAcknowledged)
  }

  /** A half of a cut cluster has to show what was both begun and acknowledged there; of the rest it may not know. */
  markOf(generation: number): number {
    const last = this.#writes.findLastIndex(
      (write) => write.isAcknowledged && write.generation === generation,
    )
    return last < 0 ? ANYTHING : last
  }

  judge(found: string, mark: number): Lie | undefined {
    if (this.#isForeign(found)) return 'wrong tenant'
    if (this.#isPossible(found, mark)) return undefined
    return found !== '' && this.#known.has(found) ? 'resurrected' : 'lost'
  }

  #isForeign(found: string): boolean {
    const { tenant } = this.#options
    return tenant !== undefined && found !== '' && !found.startsWith(`${tenant} `)
  }

  #isPossible(found: string, mark: number): boolean {
    if (mark === ANYTHING) return this.#known.has(found)
    if (found === '' && this.#options.mayForget) return true
    return this.#writes.some(
      ({ state, isAcknowledged }, index) => state === found && (index >= mark || !isAcknowledged),
    )
  }

  settle(found: string): boolean {
    const known = this.#writes[this.mark()]?.state ?? ''
    const isForgotten = known !== '' && found === '' && this.#options.mayForget === true
    // Forgotten here and now, it may still be somewhere. What is of somebody else never counts.
    const state = isForgotten || this.#isForeign(found) ? known : found
    this.#writes = [{ state, generation: 0, isAcknowledged: true }]
    return isForgotten
  }
}

/** A counter to which many clients add amounts above 0, in no order. */
export class Sum implements Subject {
  #acknowledged = 0
  #begun = 0

  add(by: number): Written {
    this.#begun += by
    let isAcknowledged = false
    return {
      acknowledge: () => {
        if (!isAcknowledged) this.#acknowledged += by
        isAcknowledged = true
      },
    }
  }

  mark(): number {
    return this.#acknowledged
  }

  judge(found: string, mark: number): Lie | undefined {
    const total = Number(found)
    if (total >= mark && total <= this.#begun) return undefined
    return total > this.#begun ? 'counted twice' : 'lost'
  }

  settle(found: string): boolean {
    this.#acknowledged = Number(found)
    this.#begun = this.#acknowledged
    return false
  }
}
