/** Where an entry is found by something else than its name: when it is due, how many are engaged, who has to go next. */
import { dueAtMs } from '../entries/entry.ts'
import { isPacked } from './bytes.ts'
import { Expiry } from './expiry.ts'
import { type Held, TOMBSTONE_GRACE_MS } from './held.ts'
import { Ranking } from './ranking.ts'
import type { SlotTable } from './slot-table.ts'
import { Victims } from './victims.ts'

export class Listings {
  readonly victims: Victims
  readonly expiry = new Expiry<Held>()
  readonly ranking = new Ranking<Held>()

  constructor(slots: SlotTable) {
    this.victims = new Victims(slots)
  }

  add(held: Held): void {
    this.victims.add(held)
    // What is packed knows by itself when it is due.
    if (isPacked(held.id, held.entry)) return
    this.expiry.add(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    this.ranking.add(held)
  }

  /** As it was added. */
  remove(held: Held): void {
    this.victims.remove(held)
    if (isPacked(held.id, held.entry)) return
    this.expiry.remove(held, dueAtMs(held.entry, TOMBSTONE_GRACE_MS))
    if (held.users > 0) this.ranking.remove(held)
  }
}
