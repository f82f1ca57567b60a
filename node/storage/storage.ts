/**
 * What of a node outlives its process: the file, what is read from it at start, and what is written behind.
 * Without a folder nothing does, and everything counts as safe.
 */
import { join } from 'node:path'
import type { Clock } from '../../shared/clock.ts'
import type { KeyCommand, Stamp } from '../../shared/command.ts'
import { LarderError, messageOf } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Change } from '../entries/entry.ts'
import type { Presence } from '../entries/presence.ts'
import { Disk } from './disk.ts'
import { Recovery } from './recovery.ts'
import type { StoredEntry } from './rows.ts'
import { WriteBehind } from './write-behind.ts'

export interface StorageOptions {
  readonly clock: Clock
  readonly log: Log
  /** `undefined` keeps nothing. */
  readonly dataDir: string | undefined
  readonly memberId: string
  readonly syncIntervalMs: number
  readonly waitMaxMs: number
  /** Takes over what was stored. */
  restore(stored: StoredEntry): void
  /** Later writes must be later than this. */
  witness(stamp: Pick<Stamp, 'time'>): void
}

export class Storage {
  readonly #disk: Disk | undefined
  readonly #recovery: Recovery | undefined
  readonly writes: WriteBehind | undefined

  constructor(options: StorageOptions) {
    const { clock, log, dataDir, memberId, syncIntervalMs: intervalMs, waitMaxMs } = options
    if (dataDir === undefined) return
    this.#disk = new Disk(join(dataDir, `${memberId}.db`))
    this.#recovery = new Recovery({ ...options, disk: this.#disk })
    this.writes = new WriteBehind({ clock, log, target: this.#disk, intervalMs, waitMaxMs })
  }

  /** Why requests should go elsewhere: it is still being read, or the disk does not keep up. */
  get notReady(): string | undefined {
    return this.#recovery?.notReady ?? this.writes?.trouble
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
  async recover(): Promise<void> {
    try {
      await this.#recovery?.run()
    } catch (error) {
      throw notSaved(error)
    }
  }

  cancelRecovery(): void {
    this.#recovery?.cancel()
  }

  refusalOf(command: KeyCommand): LarderError | undefined {
    return this.writes?.refusalOf(command)
  }

  note(change: Change): void {
    this.writes?.note(change)
  }

  saved(changes: readonly Change[]): Eventual<ReadonlySet<Change>> {
    return this.writes?.saved(changes) ?? new Set()
  }

  forget(forgotten: { id: string; presence?: Presence }): void {
    this.writes?.forget(forgotten)
  }

  drop(slots: readonly number[]): void {
    this.writes?.drop(slots)
  }

  /** Writes what is left. @throws LarderError NOT_SAVED that says what was lost. */
  async stop(): Promise<void> {
    try {
      await this.writes?.stop()
    } finally {
      await this.#disk?.close()
    }
  }
}

function notSaved(error: unknown): LarderError {
  return new LarderError('NOT_SAVED', messageOf(error))
}
