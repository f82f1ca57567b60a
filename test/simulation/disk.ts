/**
 * A file that outlives its process, behind the real write-behind: a batch is in it as a whole or not at all, a moment
 * after it was given; what a killed process had not written by then is lost, or just was written.
 */
import type { Target } from '../../node/storage/backlog.ts'
import { FileClock, type FileTime } from '../../node/storage/file-clock.ts'
import { nameOf, type Row, type StoredRow } from '../../node/storage/rows.ts'
import { columnsOf, TABLE_NAMES } from '../../node/storage/tables.ts'
import type { Random } from '../durability/random.ts'
import type { Host } from './host.ts'
import type { Mutation } from './mutations.ts'

const WRITE_MAX_MS = 8

export class DiskFile {
  #rows = new Map<string, StoredRow>()
  #noted: FileTime | undefined

  /** The time of the file, as a process on this host goes on with it. */
  timesOn(host: Host): FileClock {
    const times = new FileClock(host)
    if (this.#noted !== undefined) times.goOn(this.#noted)
    return times
  }

  /** In the order in which they are read from a real one. */
  get rows(): StoredRow[] {
    const rows = [...this.#rows.values()]
    return TABLE_NAMES.flatMap((name) => rows.filter(({ table }) => table === name))
  }

  /** As it is now, to be put back some day. */
  copy(): DiskFile {
    const copy = new DiskFile()
    copy.#rows = new Map(this.#rows)
    copy.#noted = this.#noted
    return copy
  }

  /** What a process that runs on this host writes to it. */
  writtenBy(host: Host, times: FileClock, random: Random, mutation: Mutation | undefined): Target {
    return {
      write: ({ dropped, rows }) => {
        const { promise, resolve } = Promise.withResolvers<ReadonlyMap<Row, string>>()
        const write = () => {
          if (mutation !== 'forget the disk') this.#write(dropped, rows, times)
          death.cancel()
          resolve(new Map())
        }
        const death = host.onDeath(() => {
          if (random.below(2) === 0) this.#write(dropped, rows, times)
        })
        host.after(random.below(WRITE_MAX_MS * 10) / 10, write)
        return promise
      },
    }
  }

  #write(dropped: ReadonlySet<number>, rows: Iterable<Row>, times: FileClock): void {
    this.#noted = times.time
    if (dropped.size > 0) {
      for (const [name, { table, cells }] of this.#rows) {
        const { keys, columns } = columnsOf(table)
        if (dropped.has(Number(cells[[...keys, ...columns].indexOf('slot')]))) this.#rows.delete(name)
      }
    }
    for (const row of rows) {
      const { table, key, cells } = row
      if (cells === undefined) this.#rows.delete(nameOf(row))
      else this.#rows.set(nameOf(row), { table, cells: [...key, ...cells] })
    }
  }
}
