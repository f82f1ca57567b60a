/**
 * What the clients know of their writes, and so what may be read.
 *
 * A cell has one writer, and is written no more once it is not known whether a write of it happened: then it holds that
 * write or the last acknowledged one, for good. A sum has many writers, and lies between what was acknowledged and
 * what was begun.
 */
import type { Bucket } from './buckets.ts'
import type { Chain } from './chains.ts'
import type { Lock } from './locks.ts'
import type { Medium } from './media.ts'
import type { Versions } from './versions.ts'

export class Cell {
  readonly key: string
  /** Of a reaction: the user whose it is. */
  readonly user: string | undefined
  /** The state that was acknowledged last; empty where there is nothing. */
  acked = ''
  /** The state of which it is not known whether it came to be. */
  unknown: string | undefined
  /** Writes begun, and whether one is under way. */
  begun = 0
  isBusy = false
  readonly states = new Set([''])

  constructor(key: string, user?: string) {
    this.key = key
    this.user = user
  }

  get isRetired(): boolean {
    return this.unknown !== undefined
  }

  get possible(): string[] {
    return this.unknown === undefined ? [this.acked] : [this.acked, this.unknown]
  }

  get name(): string {
    return this.user === undefined ? this.key : `${this.key}/${this.user}`
  }
}

export class Sum {
  readonly key: string
  acked = 0
  begun = 0
  /** The most that anybody has been told so far. */
  seen = 0

  constructor(key: string) {
    this.key = key
  }
}

/** Which promises hold at the moment. */
export interface Rules {
  /** Reads see what was acknowledged; not so while somebody may be cut off, or silent, and not know it. */
  readonly isCalm: boolean
  /** Grows whenever that changes. */
  readonly changes: number
  /** A command that is sent again may reach two halves of the cluster, and count in both. */
  readonly isSplit: boolean
  /** Nothing that was acknowledged may be lost. */
  readonly isLossless: boolean
  /** Of values: memory is short, and they may have to go. */
  readonly mayMiss: boolean
  /** How far the wall clock of a life may be from that of the life before: nothing else tells it how long it was away. */
  readonly wallStepMaxMs: number
}

/** Whether reads have seen all that was acknowledged since then. */
export function isHeld(before: Rules, now: Rules): boolean {
  return before.isCalm && now.isCalm && before.changes === now.changes
}

/** Where versions are written, and to what. */
export interface Place {
  readonly versions: Versions
  readonly medium: Medium
}

const FINDINGS_MAX = 20

export class Ledger {
  readonly cells: Cell[] = []
  readonly sums: Sum[] = []
  readonly places: Place[] = []
  readonly locks: Lock[] = []
  readonly chains: Chain[] = []
  readonly buckets: Bucket[] = []
  readonly findings: string[] = []
  acknowledged = 0
  unknown = 0
  failed = 0
  reads = 0
  /** By how much the slowest command came after its deadline. */
  latestMs = 0
  readonly #tell: (what: string) => void

  constructor(tell: (what: string) => void) {
    this.#tell = tell
  }

  find(what: string): void {
    this.#tell(`VIOLATED: ${what}`)
    if (this.findings.length < FINDINGS_MAX) this.findings.push(what)
  }

  cell(key: string, user?: string): Cell {
    const cell = new Cell(key, user)
    this.cells.push(cell)
    return cell
  }

  sum(key: string): Sum {
    const sum = new Sum(key)
    this.sums.push(sum)
    return sum
  }
}
