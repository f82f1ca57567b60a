/**
 * Keeps every change until it is on disk. Of several changes to a row only the last is written.
 *
 *     note ─▶ waiting ─ half an interval after the first, or at once with an interval of 0 ─▶ one transaction
 *                ▲                                                                                  │
 *                ├── all of it, when nothing could be written; tried again ◀────────────────────────┤
 *              aside: single rows that could not, tried again now and then ◀────────────────────────┘
 *
 * With an interval, a change is acknowledged before that: half an interval is left for the writing, so that the
 * disk is never further behind than the whole of it. With 0, an acknowledgement waits for the transaction that
 * has the change; while one is written the next one gathers (group commit).
 */
import { type Clock, inTime, pause, type Timer } from '../../shared/clock.ts'
import type { KeyCommand } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Turns } from '../../shared/turns.ts'
import type { Change } from '../entries/entry.ts'
import { isKeptOnDisk } from '../entries/families.ts'
import { Backlog, type Target } from './backlog.ts'
import { FlushTimer } from './flush-timer.ts'
import { DiskHealth } from './health.ts'
import { lostRows, RowFailures } from './row-failures.ts'
import { type Forgotten, forgottenRow, type Row, rowNameOf, rowsOf, withRows } from './rows.ts'
import type { FileTimes } from './tables.ts'

/** Between two tries while the disk fails. */
const RETRY_MS = 1000
/** A disk that is behind by less is not in trouble, however short the interval. */
const LATE_MIN_MS = 10_000
/** Rows that were set aside are tried again. */
const RETRY_ASIDE_MS = 10_000
/** A stopping node tries so often to write what is left. */
const LAST_TRIES = 3

const over = () => {}
const LATE = new LarderError('NOT_SAVED', 'The disk did not answer in time; it may be saved later.')

export interface WriteBehindOptions {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly target: Target
  readonly times: FileTimes
  /** 0: nothing is acknowledged before it is written. */
  readonly intervalMs: number
  /** How long an acknowledgement waits for the disk. */
  readonly waitMaxMs: number
  readonly waitingBytesMax?: number
}

export class WriteBehind {
  readonly counts = { written: 0, rowFailures: 0, failures: 0, seconds: 0 }
  readonly #options: WriteBehindOptions
  readonly #backlog: Backlog
  /** Resolves, with the rows that failed, when what waits now has been tried. */
  #next = Promise.withResolvers<ReadonlyMap<Row, string>>()
  /** The same of what is being written. */
  #current: Promise<ReadonlyMap<Row, string>> | undefined
  readonly #flush: FlushTimer
  #asideTimer: Timer | undefined
  #writing: Promise<void> | undefined
  readonly #health: DiskHealth
  #waitingSinceMs = Infinity
  #writingSinceMs = Infinity
  readonly #failures: RowFailures
  #isStopping = false

  constructor(options: WriteBehindOptions) {
    this.#options = options
    this.#backlog = new Backlog(options.waitingBytesMax)
    this.#health = new DiskHealth(options)
    this.#flush = new FlushTimer(options.clock, () => void this.#write())
    this.#failures = new RowFailures(options.log)
    this.#next.promise.catch(() => {})
  }

  get waiting(): number {
    return this.#backlog.waiting
  }

  get aside(): number {
    return this.#backlog.aside
  }

  /** What of it lies in memory. */
  get bytes(): number {
    return this.#backlog.bytes
  }

  /** How far the disk is behind. */
  get behindMs(): number {
    const sinceMs = Math.min(this.#waitingSinceMs, this.#writingSinceMs)
    return sinceMs === Infinity ? 0 : this.#options.clock.now() - sinceMs
  }

  /** Why the disk does not keep up, or `undefined` when it does. */
  get trouble(): string | undefined {
    const { intervalMs } = this.#options
    const isLate = intervalMs > 0 && this.behindMs > Math.max(2 * intervalMs, LATE_MIN_MS)
    const late = isLate ? `The disk is ${Math.round(this.behindMs / 1000)} s behind.` : undefined
    return this.#health.trouble ?? late
  }

  /** Why it cannot be taken in, before it is applied. */
  refusalOf(command: KeyCommand): LarderError | undefined {
    const { intervalMs } = this.#options
    if (!isKeptOnDisk(command)) return undefined
    if (this.#backlog.isFull)
      return new LarderError('OVERLOADED', 'Too much waits for the disk already; nothing was applied.')
    if (intervalMs > 0) return undefined
    if (this.trouble !== undefined)
      return new LarderError('NOT_SAVED', `${this.trouble} Nothing was applied.`)
    // A repeat would find in memory what the disk does not have, and change nothing.
    const name = this.aside > 0 ? rowNameOf(command) : undefined
    if (name === undefined || !this.#backlog.isAside(name)) return undefined
    return new LarderError('NOT_SAVED', 'The disk does not take this row. Nothing was applied.')
  }

  /** Is over once the disk has taken some of what waits, where that is much, or after a while. */
  room(): Eventual<void> {
    const { clock, waitMaxMs: timeoutMs } = this.#options
    if (!this.#backlog.isPressing || this.#health.reason !== undefined) return undefined
    return inTime(this.#current ?? this.#next.promise, { clock, timeoutMs, late: LATE }).then(over, over)
  }

  /** Takes in a change. */
  note(change: Change): void {
    for (const row of rowsOf(change, this.#options.times)) this.#backlog.add(row)
    this.#schedule()
  }

  /** Those of the noted changes that may not be acknowledged, as soon as the others may. */
  saved(changes: readonly Change[]): Eventual<ReadonlySet<Change>> {
    const { clock, times, intervalMs, waitMaxMs } = this.#options
    const trial = this.#backlog.isEmpty ? this.#current : this.#next.promise
    if (intervalMs > 0 || trial === undefined) return new Set()
    const tried = inTime(trial, { clock, timeoutMs: waitMaxMs, late: LATE })
    return tried.then((failed) => withRows(changes, failed, times))
  }

  /**
   * A row that is about no entry; where it is awaited, over once an acknowledgement may rest on it, be it on disk or not. What
   * is in a hurry is written at once, with all that waits.
   */
  keep(row: Row, { isAwaited = false, isInHurry = false } = {}): Eventual<void> {
    const { clock, intervalMs, waitMaxMs } = this.#options
    this.#backlog.add(row, isInHurry)
    this.#schedule()
    if (intervalMs > 0 || !isAwaited) return undefined
    return inTime(this.#next.promise, { clock, timeoutMs: waitMaxMs, late: LATE }).then(over, over)
  }

  /** What is no longer held is deleted; nobody waits for that. */
  forget(forgotten: Forgotten): void {
    const row = forgottenRow(forgotten)
    if (row === undefined) return
    this.#backlog.add(row)
    this.#schedule()
  }

  /** Slots that are not held any more. */
  drop(slots: readonly number[]): void {
    if (slots.length === 0) return
    this.#backlog.drop(slots)
    this.#schedule()
  }

  /** Writes all that is left. @throws LarderError NOT_SAVED that says what was lost. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#flush.cancel()
    this.#asideTimer?.cancel()
    for (let tries = 0; tries < LAST_TRIES; tries++) {
      await this.#writing
      await this.#options.turns.take('disk', this.#backlog.retryAside())
      if (this.#backlog.isEmpty) return
      if (tries > 0) await pause(this.#options.clock, RETRY_MS)
      await this.#write()
    }
    const { names } = this.#backlog
    if (names.length > 0) throw new LarderError('NOT_SAVED', lostRows(names, this.#health.reason))
  }

  #schedule(): void {
    if (this.#isStopping) return
    this.#scheduleAside()
    if (this.#backlog.isEmpty) return
    const { clock, intervalMs } = this.#options
    if (this.#waitingSinceMs === Infinity) this.#waitingSinceMs = clock.now()
    const isFailing = this.#health.reason !== undefined
    const isUrgent = this.#backlog.isUrgent && !isFailing
    if (this.#writing !== undefined || (this.#flush.isSet && !isUrgent)) return
    const dueMs = isUrgent ? 0 : this.#waitingSinceMs + intervalMs / 2 - clock.now()
    this.#flush.in(isFailing ? Math.max(RETRY_MS, intervalMs / 2) : dueMs)
  }

  #scheduleAside(): void {
    if (this.aside === 0 || this.#asideTimer !== undefined) return
    const { clock, turns } = this.#options
    this.#asideTimer = clock.after(RETRY_ASIDE_MS, async () => {
      this.#asideTimer = undefined
      await turns.take('disk', this.#backlog.retryAside())
      this.#schedule()
    })
  }

  #write(): Promise<void> {
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined
      this.#schedule()
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    const { target, turns } = this.#options
    const batch = this.#backlog.take()
    const { promise, resolve, reject } = this.#next
    this.#current = promise
    this.#next = Promise.withResolvers()
    this.#next.promise.catch(() => {})
    this.#health.begin()
    this.#writingSinceMs = this.#waitingSinceMs
    this.#waitingSinceMs = Infinity
    try {
      const failed = await target.write(batch)
      this.counts.written += batch.rows.size - failed.size
      this.#backlog.done(failed.keys())
      this.counts.rowFailures += failed.size
      this.#failures.tell(failed, this.aside)
      this.#health.succeeded()
      resolve(failed)
    } catch (error) {
      await turns.take('disk', this.#backlog.giveBack(batch))
      this.#waitingSinceMs = this.#writingSinceMs
      this.counts.failures++
      this.#health.failed(error, this.waiting)
      reject(new LarderError('NOT_SAVED', 'It was applied, but is not on disk yet.', { cause: error }))
    } finally {
      this.counts.seconds += this.#health.end()
      this.#current = undefined
      this.#writingSinceMs = Infinity
    }
  }
}
