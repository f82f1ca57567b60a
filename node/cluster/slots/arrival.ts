/** A slot on its way to its owner: who is asked for it, and what they have said so far. */
import type { Member } from '../../../shared/view.ts'
import { isMeasured, type Lapse, type Standing } from '../../entries/standing.ts'
import type { PlacedView } from '../members/members.ts'
import type { FormerHolders } from './awaited.ts'

interface Partial extends Pick<Standing, 'asOf' | 'lapses'> {
  readonly member: Member
  readonly hasMore: boolean
}

export interface Arrival {
  readonly slot: number
  /** Who held it when it was first missed here. */
  readonly former: FormerHolders
  /** Something was here by then: whoever has all measures that, and not what has come since. */
  readonly isOld: boolean
  /** Whom to ask, and who is next. */
  candidates: readonly Member[]
  next: number
  /** All who may have it, once that was found out: it stays the same as long as the members do. */
  ranked: readonly Member[] | undefined
  /** They did not answer, and may have it. */
  silent: Member[]
  /** When all were asked the last time. */
  wereSilent: readonly Member[]
  /** They have a copy that had all by some view, and that may be other than the one here. */
  partial: Partial[]
  /** By which view the best of them, or this one, had all; known once everybody was asked. */
  newest: number
  /** The newest of these are asked for what they have. */
  isAnyway: boolean
  isAsked: boolean
  /** A command waits for it. */
  isUrgent: boolean
}

export function newArrival(slot: number, { former, isOld }: Pick<Arrival, 'former' | 'isOld'>): Arrival {
  const nothing = { candidates: [], next: 0, silent: [], wereSilent: [], partial: [], newest: Infinity }
  return {
    slot,
    former,
    isOld,
    ...nothing,
    ranked: undefined,
    isAnyway: false,
    isAsked: false,
    isUrgent: false,
  }
}

/** Asks from the beginning, as if nobody had said anything; what waits for it still does. */
export function beginWith(arrival: Arrival, candidates: readonly Member[], { isAnyway = false } = {}): void {
  const nothing = { next: 0, silent: [], wereSilent: arrival.silent, partial: [], newest: Infinity }
  Object.assign(arrival, { candidates, isAnyway, ...nothing })
}

/** What is asked in another manner goes by itself. */
export function mannerOf({ isAnyway, isUrgent }: Arrival): string {
  return `${isAnyway ? 'anyway' : 'if it has all'}${isUrgent ? ', soon' : ''}`
}

/** Whether it is still to be asked of this member. */
export function isToAsk({ candidates, next, isAsked }: Arrival, { incarnation }: Member): boolean {
  return !isAsked && candidates[next]?.incarnation === incarnation
}

export function newestOf({ partial }: Arrival, own: number): number {
  return partial.reduce((latest, { asOf }) => Math.max(latest, asOf), own)
}

/** Those who have the newest copies, as far as they differ, and then those of a time that the newest know nothing of. */
export function giversOf({ partial, newest }: Arrival, own: Standing): Member[] {
  const lapses = [own, ...partial].flatMap(({ asOf, lapses }) => (asOf === newest ? lapses : []))
  const giving = partial.filter(({ asOf, hasMore }) => hasMore && (asOf === newest || isApart(asOf, lapses)))
  giving.sort((one, other) => other.asOf - one.asOf)
  return giving.map(({ member }) => member)
}

/** Whether a copy, if it is one, is of a time between these views. */
function isApart(asOf: number, lapses: readonly Lapse[]): boolean {
  return asOf > 0 && !isMeasured(asOf, lapses)
}

/** Whether a copy that had all by that view has all there is: nothing was acknowledged since, as the owner is still without it. */
export function isLatest(asOf: number, placed: PlacedView | undefined): boolean {
  return asOf > 0 && asOf >= Math.floor(placed?.order ?? 0) - 1
}

/** Whether nobody is left who had all of it when it was held last. */
export function isOrphaned({ ids, order }: FormerHolders, newest: number): boolean {
  return ids.length > 0 && newest < Math.floor(order)
}

/** Of those who held it last: who is not a member any more. */
export function missingOf({ ids }: FormerHolders, placed: PlacedView | undefined): string[] {
  return ids.filter((id) => placed?.members.every((member) => member.id !== id))
}

/** Why slots take long, in words for people. */
export function reasonOf(arrival: Arrival | undefined): string {
  if (arrival === undefined) return 'nobody has been asked for them yet'
  const { silent, wereSilent, candidates, next, isAsked } = arrival
  const ids = new Set([...silent, ...wereSilent].map(({ id }) => id))
  if (ids.size > 0) return `${[...ids].sort().join(', ')} may have them, and gives no answer`
  const asked = candidates[next]?.id ?? 'nobody'
  return isAsked
    ? `${asked} is asked for them, and has not given all`
    : `${asked} is to be asked for them, after others`
}

/** By which view somebody must have had all, so that nothing is missing when the slot goes on by this one. */
export function orderBefore(order: number, former: FormerHolders): number {
  return Math.floor(former.ids.length > 0 ? former.order : order - 1)
}

/** Slots that wait, and for whom in all. */
export interface Waiting {
  readonly slots: number
  readonly members: readonly string[]
}

export function sumOf(awaited: readonly (readonly string[])[]): Waiting {
  const all = awaited.filter(({ length }) => length > 0)
  return { slots: all.length, members: [...new Set(all.flat())].sort() }
}
