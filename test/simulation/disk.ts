/**
 * A file that outlives its process, behind the real write-behind: a batch is in it as a whole or not at all, a moment
 * after it was given; what a killed process had not written by then is lost, or just was written.
 */
import { entryOf, nameOf, type Row, type StoredEntry, type StoredRow } from '../../node/storage/rows.ts'
import type { Target } from '../../node/storage/write-behind.ts'
import type { Random } from '../durability/random.ts'
import type { Host } from './host.ts'
import type { Mutation } from './mutations.ts'

const WRITE_MAX_MS = 8

export class DiskFile {
  #rows = new Map<string, StoredRow>()

  get entries(): StoredEntry[] {
    return [...this.#rows.values()].map(entryOf)
  }

  /** As it is now, to be put back some day. */
  copy(): DiskFile {
    const copy = new DiskFile()
    copy.#rows = new Map(this.#rows)
    return copy
  }

  /** What a process that runs on this host writes to it. */
  writtenBy(host: Host, random: Random, mutation: Mutation | undefined): Target {
    return {
      write: ({ dropped, rows }) => {
        const { promise, resolve } = Promise.withResolvers<ReadonlyMap<Row, string>>()
        const write = () => {
          if (mutation !== 'forget the disk') this.#write(dropped, rows)
          death.cancel()
          resolve(new Map())
        }
        const death = host.onDeath(() => {
          if (random.below(2) === 0) this.#write(dropped, rows)
        })
        host.after(random.below(WRITE_MAX_MS * 10) / 10, write)
        return promise
      },
    }
  }

  #write(dropped: ReadonlySet<number>, rows: ReadonlyMap<string, Row>): void {
    if (dropped.size > 0) {
      for (const [name, row] of this.#rows) if (dropped.has(entryOf(row).slot)) this.#rows.delete(name)
    }
    for (const row of rows.values()) {
      const { table, key, cells } = row
      if (cells === undefined) this.#rows.delete(nameOf(row))
      else this.#rows.set(nameOf(row), { table, cells: [...key, ...cells] })
    }
  }
}
