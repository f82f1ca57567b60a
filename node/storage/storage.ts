/**
 * What of a node outlives its process: the file, what is read from it at start, and what is written behind.
 * Without a folder nothing does, and everything counts as safe.
 */
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { Turns } from '../../shared/turns.ts'
import { BACKLOG_BYTES_MAX } from './backlog.ts'
import { Disk } from './disk.ts'
import { FileClock } from './file-clock.ts'
import { registerDiskMetrics } from './metrics.ts'
import { Recovery, type Restored } from './recovery.ts'
import { REMEMBERS_NOTHING, StoredStandings } from './standings.ts'
import { WriteBehind } from './write-behind.ts'

export interface StorageOptions {
  readonly clock: Clock
  readonly turns: Turns
  readonly log: Log
  readonly registry: Registry
  /** `undefined` keeps nothing. */
  readonly dataDir: string | undefined
  readonly memberId: string
  readonly syncIntervalMs: number
  readonly waitMaxMs: number
  /** What may be stored in all; what waits for the disk is a part of it. */
  readonly bytesMax: number
}

/** What waits for the disk takes no more than this part of it: beyond it writers are refused. */
const WAITING_PART = 1 / 4

export class Storage {
  readonly #disk: Disk | undefined
  readonly #recovery: Recovery | undefined
  readonly #writes: WriteBehind | undefined
  /** Who takes in what was applied. */
  readonly keeper: Pick<WriteBehind, 'refusalOf' | 'room' | 'note' | 'saved' | 'forget' | 'drop'> =
    KEEPS_NOTHING
  /** Where it is remembered what copies are worth. */
  readonly standings: Pick<StoredStandings, 'stand' | 'goBy' | 'settle'> = REMEMBERS_NOTHING

  constructor(options: StorageOptions) {
    const { clock, log, dataDir, memberId, syncIntervalMs: intervalMs, waitMaxMs } = options
    if (dataDir === undefined) return
    const times = new FileClock(clock)
    this.#disk = new Disk(join(dataDir, `${memberId}.db`), times)
    const waitingBytesMax = Math.min(BACKLOG_BYTES_MAX, options.bytesMax * WAITING_PART)
    const timing = { intervalMs, waitMaxMs, waitingBytesMax }
    this.#writes = new WriteBehind({ clock, turns: options.turns, log, times, target: this.#disk, ...timing })
    const standings = new StoredStandings(this.#writes)
    this.#recovery = new Recovery({ ...options, times, disk: this.#disk, writes: this.#writes, standings })
    this.keeper = this.#writes
    this.standings = standings
    registerDiskMetrics(options.registry, this.#writes)
  }

  /** What waits for the disk, in memory. */
  get waitingBytes(): number {
    return this.#writes?.bytes ?? 0
  }

  /** Why requests should go elsewhere: it is still being read, or the disk does not keep up. */
  get notReady(): string | undefined {
    return this.#recovery?.notReady ?? this.#writes?.trouble
  }

  /** @throws LarderError NOT_SAVED when the file cannot be had. */
  async open(): Promise<void> {
    try {
      await this.#recovery?.open()
    } catch (error) {
      await this.#disk?.abandon()
      throw notSaved(error)
    }
  }

  /** Resolves once everything is read, or at `stop`. @throws LarderError NOT_SAVED when it cannot be. */
  async recover(into: Restored): Promise<void> {
    try {
      await this.#recovery?.run(into)
    } catch (error) {
      throw notSaved(error)
    }
  }

  cancelRecovery(): void {
    this.#recovery?.cancel()
  }

  /** Writes what is left. @throws LarderError NOT_SAVED that says what was lost. */
  async stop(): Promise<void> {
    try {
      await this.#writes?.stop()
    } finally {
      await this.#disk?.close()
    }
  }
}

/** Without a disk everything counts as safe. */
export const KEEPS_NOTHING: Storage['keeper'] = {
  refusalOf: () => undefined,
  room: () => undefined,
  note() {},
  saved: () => new Set(),
  forget() {},
  drop() {},
}

function notSaved(error: unknown): LarderError {
  return new LarderError('NOT_SAVED', messageOf(error))
}
