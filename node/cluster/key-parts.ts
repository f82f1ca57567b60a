/** Who is asked for keys: each member, for the slots that it owns. */
import type { Clock } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import { SLOTS } from '../../shared/placement.ts'
import { slotSetOf } from '../../shared/slot-set.ts'
import type { Member } from '../../shared/view.ts'
import type { Engine } from '../engine.ts'
import type { PlacedView, Views } from './members/members.ts'

export interface KeysElsewhere {
  readonly clock: Clock
  readonly views: Views
  /** The name of this member. */
  readonly self: string
  engineOf(member: Member): Engine
}

export interface Part {
  readonly member: Member
  readonly list: readonly number[]
  readonly slots: string
}

/** The slots that are meant, by their owners. @throws LarderError NOT_READY where there are none. */
export function partsOf(placed: PlacedView, isMeant: (slot: number) => boolean): Part[] {
  const byOwner = new Map<Member, number[]>()
  for (let slot = 0; slot < SLOTS; slot++) {
    if (!isMeant(slot)) continue
    const owner = placed.ownerOf(slot)
    if (owner === undefined) throw new LarderError('NOT_READY', 'The cluster has no member.')
    const list = byOwner.get(owner)
    if (list === undefined) byOwner.set(owner, [slot])
    else list.push(slot)
  }
  return [...byOwner].map(([member, list]) => ({ member, list, slots: slotSetOf(list) }))
}
