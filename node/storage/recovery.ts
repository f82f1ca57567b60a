/**
 * A start from disk: what is stored is merged into memory, a chunk a turn, so that probes are answered
 * meanwhile. The log tells how far it is.
 */
import type { Stamp } from '../../shared/command.ts'
import type { Log } from '../../shared/log.ts'
import { type Entry, timesOf } from '../entries/entry.ts'
import type { Disk } from './disk.ts'
import { entryOf, type StoredRow } from './rows.ts'

const PROGRESS_ROWS = 100_000

export interface RecoveryOptions {
  readonly disk: Pick<Disk, 'open' | 'read'>
  readonly log: Log
}

/** Where what was stored goes. */
export interface Restored {
  readonly memory: { merge(slot: number, id: string, entry: Entry): void }
  /** Later writes must be later than all of it. */
  readonly stamps: { witness(stamp: Pick<Stamp, 'time'>): void }
}

export class Recovery {
  readonly #options: RecoveryOptions
  #rows = 0
  #read = 0
  #isDone = false
  #isCancelled = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** Why requests cannot be served yet, or `undefined` when they can. */
  get notReady(): string | undefined {
    return this.#isDone ? undefined : `It is reading its disk: ${this.#read} of ${this.#rows} rows so far.`
  }

  /** @throws with a message for whoever starts the node. */
  async open(): Promise<void> {
    const { disk, log } = this.#options
    const { rows, adopted } = await disk.open()
    this.#rows = rows
    if (adopted > 0) log.info({ adopted }, 'numbers that others have changed in the file are taken over')
  }

  /** Resolves once all is read, or after `cancel`. @throws when the file cannot be read to its end. */
  async run(into: Restored): Promise<void> {
    const { disk, log } = this.#options
    const startedAtMs = performance.now()
    log.info({ rows: this.#rows }, 'reading the disk')
    for await (const chunk of disk.read()) {
      if (this.#isCancelled) return
      for (const row of chunk) restore(row, into)
      this.#count(chunk.length)
    }
    this.#isDone = true
    const elapsedMs = Math.round(performance.now() - startedAtMs)
    log.info({ rows: this.#read, elapsedMs }, 'the disk is read')
  }

  cancel(): void {
    this.#isCancelled = true
  }

  #count(rows: number): void {
    const before = Math.floor(this.#read / PROGRESS_ROWS)
    this.#read += rows
    if (Math.floor(this.#read / PROGRESS_ROWS) > before)
      this.#options.log.info({ read: this.#read, rows: this.#rows }, 'reading the disk')
  }
}

function restore(row: StoredRow, { memory, stamps }: Restored): void {
  const { slot, id, entry } = entryOf(row)
  for (const stamp of timesOf(entry)) stamps.witness(stamp)
  memory.merge(slot, id, entry)
}
