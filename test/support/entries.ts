/** Entries in the slots that a test names, as members tell them each other; the key need not be one of the slot. */
import type { SlotEntry } from '../../node/entries/entry.ts'
import type { Register } from '../../node/entries/register.ts'
import { TICKS_PER_MS } from '../../node/entries/stamp.ts'

interface Writing {
  /** When it was written. */
  readonly atMs?: number
  readonly body?: string
}

export function valueIn(slot: number, key: string, { atMs = 1, body = '"x"' }: Writing = {}) {
  const value = { contentType: 'application/json', body }
  return { slot, id: `v${key}`, entry: { ...registerAt(atMs), value } }
}

/** What is left of a value that was deleted. */
export function tombstoneIn(slot: number, key: string, { atMs = 1 }: Writing = {}) {
  return { slot, id: `v${key}`, entry: { ...registerAt(atMs), endsAtMs: atMs } }
}

export function countIn(slot: number, key: string, added: number): SlotEntry {
  const tallies = { 'x-1': { added: BigInt(added), taken: 0n } }
  return { slot, id: `c${key}`, entry: { kind: 'counter', tallies } }
}

function registerAt(atMs: number): Register {
  return { kind: 'register', stamp: { time: atMs * TICKS_PER_MS, origin: 'x-1' }, endsAtMs: Infinity }
}
