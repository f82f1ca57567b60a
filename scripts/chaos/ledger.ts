/**
 * What the clients of a chaos run know of their writes, and so what may be read. Pure.
 *
 * A write that was not acknowledged may have happened, or happen yet: what carries it may be frozen. So it stays
 * possible, also behind later writes, until all is quiet and what is found then is settled.
 */

/** What should never be found. */
export type Lie = 'lost' | 'resurrected' | 'counted twice' | 'granted twice' | 'wrong tenant'

/** The mark of a read that knows of no write that it has to see. */
export const ANYTHING = -Infinity

/** Something that is written and read; what is read is text, empty for what is not there. */
export interface Subject {
  /** To be taken when a read begins: what is acknowledged by now has to be seen. */
  mark(): number
  /** To be asked when the read has ended: what is wrong with what was found, if anything. */
  judge(found: string, mark: number): Lie | undefined
  /** What was acknowledged since then, by the clock of whoever acknowledges, may be gone. */
  doubt(sinceMs: number): void
  /** All is quiet: what was found is what counts from now on. @returns whether it was forgotten, as it may be. */
  settle(found: string): boolean
}

export interface Written {
  acknowledge(atMs?: number): void
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
  /** Absent while it is not acknowledged. */
  acknowledgedAtMs: number | undefined
}

/** Holds one state, written by one client, one write after the other. */
export class Cell implements Subject {
  readonly #options: CellOptions
  /** All states that it ever had or may have had. */
  readonly #known = new Set([''])
  #writes: Write[] = [settled('')]
  #mayForget: boolean

  constructor(options: CellOptions = {}) {
    this.#options = options
    this.#mayForget = options.mayForget === true
  }

  /** From now on it may go at any time. */
  allowForgetting(): void {
    this.#mayForget = true
  }

  doubt(sinceMs: number): void {
    for (const write of this.#writes)
      if ((write.acknowledgedAtMs ?? -Infinity) >= sinceMs) write.acknowledgedAtMs = undefined
  }

  /** @param generation names the time between two cuts of the network. */
  write(state: string, generation = 0): Written {
    const write: Write = { state, generation, acknowledgedAtMs: undefined }
    this.#known.add(state)
    this.#writes.push(write)
    return {
      acknowledge: (atMs = -Infinity) => {
        write.acknowledgedAtMs = atMs
      },
    }
  }

  mark(): number {
    return this.#writes.findLastIndex(isAcknowledged)
  }

  /** A half of a cut cluster has to show what was both begun and acknowledged there; of the rest it may not know. */
  markOf(generation: number): number {
    const last = this.#writes.findLastIndex(
      (write) => isAcknowledged(write) && write.generation === generation,
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
    if (found === '' && this.#mayForget) return true
    return this.#writes.some(
      (write, index) => write.state === found && (index >= mark || !isAcknowledged(write)),
    )
  }

  settle(found: string): boolean {
    const known = this.#writes[this.mark()]?.state ?? ''
    const isForgotten = known !== '' && found === '' && this.#mayForget
    // Forgotten here and now, it may still be somewhere. What is of somebody else never counts.
    const state = isForgotten || this.#isForeign(found) ? known : found
    this.#writes = [settled(state)]
    return isForgotten
  }
}

function settled(state: string): Write {
  return { state, generation: 0, acknowledgedAtMs: -Infinity }
}

function isAcknowledged({ acknowledgedAtMs }: Write): boolean {
  return acknowledgedAtMs !== undefined
}

/** A counter to which many clients add amounts above 0, in no order. */
export class Sum implements Subject {
  #acknowledged = 0
  #begun = 0
  /** What was acknowledged since all was quiet. */
  #recent: { by: number; atMs: number }[] = []

  add(by: number): Written {
    this.#begun += by
    let isAcknowledged = false
    return {
      acknowledge: (atMs = -Infinity) => {
        if (!isAcknowledged) {
          this.#acknowledged += by
          this.#recent.push({ by, atMs })
        }
        isAcknowledged = true
      },
    }
  }

  doubt(sinceMs: number): void {
    for (const { by, atMs } of this.#recent) if (atMs >= sinceMs) this.#acknowledged -= by
    this.#recent = this.#recent.filter(({ atMs }) => atMs < sinceMs)
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
    this.#recent = []
    return false
  }
}

/** A lock: whoever was given it has it until it begins to give it back. */
export class Grant {
  #holder: string | undefined
  #mayForget = false

  /** @returns what is wrong with that, if anything. */
  granted(holder: string): Lie | undefined {
    const isTwice = !this.#mayForget && this.#holder !== undefined && this.#holder !== holder
    this.#holder = holder
    return isTwice ? 'granted twice' : undefined
  }

  /** From now on it may go at any time. */
  allowForgetting(): void {
    this.#mayForget = true
  }

  giveBack(): void {
    this.#holder = undefined
  }
}
