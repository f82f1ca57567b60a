/**
 * A start from disk: what is stored is merged into memory in turns, so that probes are answered meanwhile. The log tells how far it is.
 *
 * What was written at a time that cannot be, by a clock that was far ahead, would win over every later write, and no other
 * member would hear of it: it is kept, and counts as written now.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Log } from '../../shared/log.ts'
import type { Turns } from '../../shared/turns.ts'
import type { LastView } from '../../shared/view.ts'
import { type Change, type Entry, restamped, timesOf } from '../entries/entry.ts'
import { isPossible, type StampClock } from '../entries/stamp.ts'
import type { Standing } from '../entries/standing.ts'
import type { Disk } from './disk.ts'
import { type FileTime, fileTimeOf } from './file-clock.ts'
import { entryOf, type Row, type StoredRow } from './rows.ts'
import { factOf, isByOrder, rowOfStanding, standingOf } from './standing-rows.ts'
import type { StoredStandings } from './standings.ts'
import { type FileTimes, isOfEntries } from './tables.ts'

const PROGRESS_ROWS = 100_000

export interface RecoveryOptions {
  readonly disk: Pick<Disk, 'open' | 'read'>
  readonly clock: Pick<Clock, 'wall'>
  readonly turns: Turns
  readonly times: FileTimes & { goOn(last: FileTime): void }
  /** Where what is not as it was stored is written anew. */
  readonly writes: { note(change: Change): void; keep(row: Row): unknown }
  /** They begin once all is read. */
  readonly standings: Pick<StoredStandings, 'begin'>
  readonly log: Log
}

/** Where what was stored goes. */
export interface Restored {
  readonly memory: { merge(slot: number, id: string, entry: Entry): void }
  /** Later writes must be later than all of it. */
  readonly stamps: Pick<StampClock, 'witness' | 'next'>
  readonly slots: {
    restore(standing: Standing): void
    /** The latest view by which all was here that should be. */
    remember(last: LastView): void
  }
}

export class Recovery {
  readonly #options: RecoveryOptions
  #rows = 0
  #read = 0
  #restamped = 0
  /** By which view it was held. */
  #order = 0
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
    const { disk, log, times } = this.#options
    const { rows, adopted, facts } = await disk.open()
    this.#rows = rows
    const last = fileTimeOf(facts)
    if (last !== undefined) times.goOn(last)
    if (adopted > 0) log.info({ adopted }, 'numbers that others have changed in the file are taken over')
  }

  /** Resolves once all is read, or after `cancel`. @throws when the file cannot be read to its end. */
  async run(into: Restored): Promise<void> {
    const { disk, turns, log } = this.#options
    const startedAtMs = performance.now()
    log.info({ rows: this.#rows }, 'reading the disk')
    for await (const chunk of disk.read()) {
      if (this.#isCancelled) return
      await turns.take('recovery', this.#restoreAll(chunk, into))
      this.#count(chunk.length)
    }
    this.#isDone = true
    this.#options.standings.begin()
    const elapsedMs = Math.round(performance.now() - startedAtMs)
    log.info({ rows: this.#read, elapsedMs }, 'the disk is read')
    if (this.#restamped > 0) log.warn({ rows: this.#restamped }, RESTAMPED)
  }

  cancel(): void {
    this.#isCancelled = true
  }

  *#restoreAll(rows: readonly StoredRow[], into: Restored): Generator<void, void> {
    for (const row of rows) {
      this.#restore(row, into)
      yield
    }
  }

  #restore(row: StoredRow, into: Restored): void {
    const { table } = row
    if (isOfEntries(table)) this.#restoreEntry(row, into)
    else if (table === 'standings') this.#restoreStanding(row, into)
    else {
      const { order = this.#order, last } = factOf(row)
      this.#order = order
      if (last !== undefined) into.slots.remember(last)
    }
  }

  /** What it had all of by the former view is not to be taken, after the next start, for all by a later one. */
  #restoreStanding(row: StoredRow, { slots }: Restored): void {
    const standing = standingOf(row, this.#order)
    slots.restore(standing)
    if (isByOrder(row)) this.#options.writes.keep(rowOfStanding(standing))
  }

  #restoreEntry(row: StoredRow, { memory, stamps }: Restored): void {
    const { clock, times, writes } = this.#options
    const { slot, id, entry } = entryOf(row, times)
    const wallMs = clock.wall()
    if (isOfPossibleTime(entry, wallMs)) {
      for (const stamp of timesOf(entry)) stamps.witness(stamp)
      memory.merge(slot, id, entry)
      return
    }
    this.#restamped++
    const anew = restamped(entry, stamps.next(wallMs))
    memory.merge(slot, id, anew)
    writes.note({ slot, id, entry: anew, state: anew })
  }

  #count(rows: number): void {
    const before = Math.floor(this.#read / PROGRESS_ROWS)
    this.#read += rows
    if (Math.floor(this.#read / PROGRESS_ROWS) > before)
      this.#options.log.info({ read: this.#read, rows: this.#rows }, 'reading the disk')
  }
}

const RESTAMPED =
  'rows were written more than a day ahead of the clock of this machine, and count as written now: is the clock right?'

function isOfPossibleTime(entry: Entry, wallMs: number): boolean {
  for (const { time } of timesOf(entry)) if (!isPossible(time, wallMs)) return false
  return true
}
