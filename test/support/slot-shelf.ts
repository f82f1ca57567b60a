/** What a member holds of slots, and what belongs to looking after them, for tests of one part of that alone. */
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../node/cluster/metrics.ts'
import type { MirroringOptions } from '../../node/cluster/slots/mirroring.ts'
import type { SlotStore } from '../../node/cluster/slots/sender.ts'
import type { StandingKeeper } from '../../node/cluster/slots/standings.ts'
import type { Entry, EntryChange, SlotEntry } from '../../node/entries/entry.ts'
import { createLog } from '../../shared/log.ts'
import { unlimitedTurns } from './turns.ts'

type Superseding = MirroringOptions['memory']

/** The digest of a slot names what is in it. */
export class SlotShelf implements SlotStore, Superseding {
  readonly #ids = new Map<number, string[]>()

  put(slot: number, ...ids: readonly string[]): void {
    this.#ids.set(slot, [...(this.#ids.get(slot) ?? []), ...ids])
  }

  drop(slots: readonly number[]): void {
    for (const slot of slots) this.#ids.delete(slot)
  }

  holds(slot: number): boolean {
    return this.#ids.has(slot)
  }

  digestOf(slot: number): string {
    return (this.#ids.get(slot) ?? []).join()
  }

  *digest(slots: Iterable<number>): Generator<void, void> {
    for (const _ of slots) yield
  }

  find(slot: number, id: string): Entry | undefined {
    return this.#ids.get(slot)?.includes(id) ? changeOf(slot, id).entry : undefined
  }

  supersede({ slot, id }: SlotEntry, anew: readonly Entry[]): void {
    const others = (this.#ids.get(slot) ?? []).filter((one) => one !== id)
    this.#ids.set(slot, anew.length === 0 ? others : [...others, id])
  }

  partsOf(slot: number): EntryChange[] {
    return (this.#ids.get(slot) ?? []).map((id) => changeOf(slot, id))
  }
}

/** A change of the value under this id; the body is as long as it is said to be. */
export function changeOf(slot: number, id = 'va', bytes = 1): SlotEntry {
  const value = { contentType: 'text/plain', body: Buffer.alloc(bytes) }
  const stamp = { time: 1, origin: 'a-1' }
  return { slot, id, entry: { kind: 'register', stamp, value, endsAtMs: Infinity } }
}

/** What copies are worth is forgotten with the process. */
export const forgetful: StandingKeeper = { stand() {} }

/** A member whose view is always the newest. */
export const current = { isCurrent: true, catchUp: async () => {} }

/** What they have in common with all others. */
export function sharedParts() {
  const turns = unlimitedTurns()
  return { metrics: createClusterMetrics(new Registry()), log: createLog('test', 'silent'), turns }
}

/** What was counted, of all peers together. */
export async function countOf(counter: {
  get(): Promise<{ readonly values: readonly { readonly value: number }[] }>
}): Promise<number> {
  const { values } = await counter.get()
  return values.reduce((sum, { value }) => sum + value, 0)
}
