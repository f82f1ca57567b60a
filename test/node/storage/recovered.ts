/** All that a start from a file restores. */
import { pino } from 'pino'
import { type Entry, merge } from '../../../node/entries/entry.ts'
import type { Standing } from '../../../node/entries/standing.ts'
import { Database } from '../../../node/storage/database.ts'
import { Recovery } from '../../../node/storage/recovery.ts'
import type { Row } from '../../../node/storage/rows.ts'
import type { LastView } from '../../../shared/view.ts'
import { FakeClock } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { timesOf } from './times.ts'

interface Restored {
  readonly ids: string[]
  /** What the entries are merged to, by their ids. */
  readonly entries: Map<string, Entry>
  readonly standings: Standing[]
  readonly lasts: LastView[]
  /** What is written anew, as it would be another thing by another view. */
  readonly kept: Row[]
}

export async function recovered(path: string): Promise<Restored> {
  const database = new Database(path)
  const read = async function* () {
    for (let rows = database.read(); rows.length > 0; rows = database.read()) yield rows
  }
  const disk = { open: async () => ({ rows: database.count(), adopted: 0, facts: database.facts }), read }
  const clock = new FakeClock()
  const log = pino({ level: 'silent' })
  const kept: Row[] = []
  const writes = { note() {}, keep: (row: Row) => void kept.push(row) }
  const parts = {
    disk,
    clock,
    turns: unlimitedTurns(),
    times: timesOf(clock),
    writes,
    standings: { begin() {} },
    log,
  }
  const recovery = new Recovery(parts)
  await recovery.open()
  const restored: Restored = { ids: [], entries: new Map(), standings: [], lasts: [], kept }
  const merged = (id: string, entry: Entry) => {
    const known = restored.entries.get(id)
    restored.ids.push(id)
    restored.entries.set(id, known === undefined ? entry : merge(known, entry))
  }
  await recovery.run({
    memory: { merge: (_slot, id, entry) => merged(id, entry) },
    stamps: { witness() {}, next: (wallMs) => ({ time: wallMs, origin: 'a' }) },
    slots: {
      restore: (standing) => void restored.standings.push(standing),
      remember: (last) => void restored.lasts.push(last),
    },
  })
  database.close()
  return restored
}
