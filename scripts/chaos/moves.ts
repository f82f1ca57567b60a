/** How many slots change their owner when the members change, beside how many have to. Of a sample of all slots. */
import { z } from 'zod'
import { SLOTS } from '../../shared/placement.ts'
import { placeSlots } from '../../shared/placing.ts'
import { jsonRequest, send } from './requests.ts'

/** As many as one batch may ask for. */
const SAMPLES = 1000
const Results = z.object({ results: z.array(z.object({ node: z.string().optional() })) })

export type Owners = ReadonlyMap<number, string>

/** Who owns each of the sampled slots, as a member says. A key that is an integer below SLOTS is in this slot. */
export async function ownersAt(url: string): Promise<Owners> {
  const slots = sampled()
  const ops = slots.map((slot) => ({ op: 'get', key: String(slot) }))
  const { text, problem } = await send(url, jsonRequest('POST', '/api/v1/batch', { ops }))
  if (problem !== '') return new Map()
  const { results } = Results.parse(JSON.parse(text))
  return new Map(slots.flatMap((slot, index) => ownerIn(results[index]?.node, slot)))
}

/** The same by placement alone. */
export function ownersAmong(ids: readonly string[]): Owners {
  const owners = placeSlots(ids)
  return new Map(sampled().map((slot) => [slot, ids[owners[slot] ?? 0] ?? '']))
}

/** Of those slots that both know. */
export function countMoved(before: Owners, after: Owners): number {
  return [...before].filter(([slot, owner]) => after.has(slot) && after.get(slot) !== owner).length
}

function sampled(): number[] {
  return Array.from({ length: SAMPLES }, (_, index) => Math.floor((index * SLOTS) / SAMPLES))
}

function ownerIn(owner: string | undefined, slot: number): [number, string][] {
  return owner === undefined ? [] : [[slot, owner]]
}
