/**
 * Which streams tell what is changed (`notes.lua`): each primary has one, in the first slot of Larder that it has. As its slots
 * are spread over all of a cluster's, that one is seldom among those that move.
 */
import { SLOTS } from '../../shared/placement.ts'
import { placeIn } from './places.ts'

type OwnerOf = (slot: number) => string

/** That of a primary; '' where it has no slot. */
export function feedOf(address: string, ownerOf: OwnerOf): string {
  for (let slot = 0; slot < SLOTS; slot++) if (ownerOf(slot) === address) return placeIn(slot, 'feed')
  return ''
}

/** All of them, and the primaries that have them. */
export function feedsOf(ownerOf: OwnerOf): ReadonlyMap<string, string> {
  const known = new Set([''])
  const feeds = new Map<string, string>()
  for (let slot = 0; slot < SLOTS; slot++) {
    const address = ownerOf(slot)
    if (known.has(address)) continue
    known.add(address)
    feeds.set(placeIn(slot, 'feed'), address)
  }
  return feeds
}

/**
 * Places of a stream are `<ms>-<number>`. As positions they are numbers that are exact until 2038, between two of which there
 * always is one: whoever was told a part of what was noted at a place stands there.
 */
const SINCE_MS = Date.UTC(2025, 0)
const AT_ONCE = 4096

export function positionOf(place: string): number {
  const [ms = '', number = ''] = place.split('-')
  return 2 * ((Number(ms) - SINCE_MS) * AT_ONCE + Number(number))
}

/** Not where a clock was put back, and more is noted at one time than has room there. */
export function isExact(place: string): boolean {
  return Number(place.slice(place.indexOf('-') + 1)) < AT_ONCE
}

export function placeAt(position: number): string {
  const number = Math.floor(position / 2)
  return `${Math.floor(number / AT_ONCE) + SINCE_MS}-${number % AT_ONCE}`
}
