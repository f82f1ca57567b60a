/** All that a start from a file restores. */
import { pino } from 'pino'
import type { Standing } from '../../../node/entries/standing.ts'
import { Database } from '../../../node/storage/database.ts'
import { Recovery } from '../../../node/storage/recovery.ts'
import type { LastView } from '../../../shared/view.ts'
import { FakeClock } from '../../support/clock.ts'
import { unlimitedTurns } from '../../support/turns.ts'
import { timesOf } from './times.ts'

interface Restored {
  readonly ids: string[]
  readonly standings: Standing[]
  readonly lasts: LastView[]
}

export async function recovered(path: string): Promise<Restored> {
  const database = new Database(path)
  const read = async function* () {
    for (let rows = database.read(); rows.length > 0; rows = database.read()) yield rows
  }
  const disk = { open: async () => ({ rows: database.count(), adopted: 0, facts: database.facts }), read }
  const clock = new FakeClock()
  const log = pino({ level: 'silent' })
  const parts = { disk, clock, turns: unlimitedTurns(), times: timesOf(clock), writes: { note() {} }, log }
  const recovery = new Recovery(parts)
  await recovery.open()
  const restored: Restored = { ids: [], standings: [], lasts: [] }
  await recovery.run({
    memory: { merge: (_slot, id) => void restored.ids.push(id) },
    stamps: { witness() {}, next: (wallMs) => ({ time: wallMs, origin: 'a' }) },
    slots: {
      restore: (standing) => void restored.standings.push(standing),
      remember: (last) => void restored.lasts.push(last),
    },
    members: { remember() {} },
  })
  database.close()
  return restored
}
