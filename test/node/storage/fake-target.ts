/** A disk that answers when a test says so, and changes to be written to it. */
import { pino } from 'pino'
import type { Change } from '../../../node/entries/entry.ts'
import type { Batch, Target } from '../../../node/storage/backlog.ts'
import { nameOf, type Row } from '../../../node/storage/rows.ts'
import { WriteBehind, type WriteBehindOptions } from '../../../node/storage/write-behind.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { timesOf } from './times.ts'

/** Where the body of a value is among the cells of its row. */
const BODY = 5

export class FakeTarget implements Target {
  /** All that it was asked to write, the bodies of values only. */
  readonly batches: (readonly unknown[])[] = []
  readonly dropped: number[][] = []
  #batch: Batch | undefined
  #pending: PromiseWithResolvers<ReadonlyMap<Row, string>> | undefined

  write(batch: Batch): Promise<ReadonlyMap<Row, string>> {
    if (this.#pending !== undefined) throw new Error('one transaction at a time')
    this.#batch = batch
    this.#pending = Promise.withResolvers()
    this.batches.push([...batch.rows].map(({ table, cells }) => cells?.at(table === 'registers' ? BODY : -1)))
    this.dropped.push([...batch.dropped])
    return this.#pending.promise
  }

  get isWriting(): boolean {
    return this.#pending !== undefined
  }

  /** Has written all but the rows of these keys. */
  async finish(...failedKeys: readonly string[]): Promise<void> {
    const rows = [...(this.#batch?.rows ?? [])]
    const failed = rows.filter(({ key: [id = ''] }) => failedKeys.includes(id.slice(1)))
    this.#take().resolve(new Map(failed.map((row) => [row, 'no such row'])))
    await settled()
  }

  /** Has written nothing. */
  async fail(reason = 'disk full'): Promise<void> {
    this.#take().reject(new Error(reason))
    await settled()
  }

  #take(): PromiseWithResolvers<ReadonlyMap<Row, string>> {
    const pending = this.#pending
    if (pending === undefined) throw new Error('nothing is being written')
    this.#pending = undefined
    return pending
  }
}

export interface Writing {
  readonly clock: FakeClock
  readonly target: FakeTarget
  readonly writes: WriteBehind
  /** The messages of its log. */
  readonly logged: Record<string, unknown>[]
  /** Notes a value under a key, and tells later whether it was saved. */
  keep(key: string, body: string, slot?: number): Keeping
}

export interface Keeping {
  /** `waiting` at first; then `saved`, `unsaved` where it alone was not, or why nothing was. */
  outcome: string
}

export function startWriting(options: Partial<WriteBehindOptions> & { intervalMs: number }): Writing {
  const [clock, target] = [new FakeClock(), new FakeTarget()]
  const logged: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const basis = { clock, turns: unlimitedTurns(), log, target, times: timesOf(clock), waitMaxMs: 2000 }
  const writes = new WriteBehind({ ...basis, ...options })
  const keep = (key: string, body: string, slot = 1): Keeping => {
    const change = changeOf(key, body, slot)
    const keeping = { outcome: 'waiting' }
    writes.note(change)
    Promise.try(() => writes.saved([change])).then(
      (unsafe) => {
        keeping.outcome = unsafe.has(change) ? 'unsaved' : 'saved'
      },
      (error: Error) => {
        keeping.outcome = error.message
      },
    )
    return keeping
  }
  return { clock, target, writes, logged, keep }
}

export function changeOf(key: string, body: string, slot = 1): Change {
  const entry = {
    kind: 'register',
    stamp: { time: 1, origin: 'a' },
    value: { contentType: 'text/plain', body },
    endsAtMs: Infinity,
  } as const
  return { slot, id: `v${key}`, entry, state: entry }
}

export function rowOf(key: string, body: string, slot = 1): Row {
  return {
    table: 'registers',
    slot,
    key: [`v${key}`],
    cells: [slot, 1, 'a', null, 'text/plain', body, null, null],
  }
}

export function nameOfKey(key: string): string {
  return nameOf(rowOf(key, ''))
}
