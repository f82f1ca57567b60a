/**
 * What is called how in the engine. Whatever is of one slot of Larder has that slot in braces, and so lies together in a
 * cluster: `larder:{<slot>}:<letter>:<name>`, or without a name for what there is once a slot.
 */
import { SLOTS } from '../../shared/placement.ts'

/** `v` values and counters, `i` answers that are remembered, `l` limits, `r` to `ru` reactions (`reactions.lua`), `a` responses, `f` who fetches them. */
type Letter = 'a' | 'f' | 'v' | 'i' | 'l' | 'r' | 're' | 'rk' | 'ru'

type OnceASlot =
  | 'keys'
  | 'ends'
  | 'sets'
  | 'activity'
  | 'due'
  | 'fence'
  | 'responses'
  | 'responses-end'
  | 'feed'

const PREFIX = 'larder:{'
/** The channel on which it is said that something was changed and not noted. */
export const UNNOTED = 'larder:unnoted'

export function placeOf(slot: number, letter: Letter, name: string): string {
  return `${PREFIX}${slot}}:${letter}:${name}`
}

export function placeIn(slot: number, name: OnceASlot): string {
  return `${PREFIX}${slot}}:${name}`
}

/** Of which slot it is. */
export function slotIn(place: string): number {
  return Number(place.slice(PREFIX.length, place.indexOf('}')))
}

const HASH_SLOTS = 16384
const hashSlots: (number | undefined)[] = new Array(SLOTS)

/** Which of the slots of a cluster of Redis has what is of this one: CRC16 (XMODEM) of what stands in the braces. */
export function hashSlotOf(slot: number): number {
  hashSlots[slot] ??= crc16(String(slot)) % HASH_SLOTS
  return hashSlots[slot]
}

function crc16(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}
