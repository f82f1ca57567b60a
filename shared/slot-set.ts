/** A set of slots as text, a bit for each: short enough to go with every question. */
import { SLOTS } from './placement.ts'

const BYTES = Math.ceil(SLOTS / 8)

export function slotSetOf(slots: Iterable<number>): string {
  const bits = Buffer.alloc(BYTES)
  for (const slot of slots) bits[slot >> 3] = (bits[slot >> 3] ?? 0) | (1 << (slot & 7))
  return bits.toString('base64')
}

/** Those in the set from this one on, in their order. */
export function* slotsIn(set: string, first = 0): Generator<number> {
  const bits = Buffer.from(set, 'base64')
  for (let slot = Math.max(0, first); slot < SLOTS; slot++)
    if (((bits[slot >> 3] ?? 0) >> (slot & 7)) & 1) yield slot
}
