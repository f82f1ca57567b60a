/**
 * Who is registered, as of which epoch, and whose lease has lapsed. Pure: data and the time in, data out.
 *
 * A registry is replaced, never changed, and its epoch grows with everything in its view that differs; a step that
 * changes nothing returns what it got. Besides the view it keeps who held the slots last, which is in the view
 * only while it matters (past.ts).
 *
 * Several uplinks may keep one registry, and their clocks need not agree: the store counts every member's
 * renewals, and each uplink remembers by its own clock when it last saw a count change (a sighting). A lease
 * has lapsed when that is a lease ago. An uplink that has just started has seen nothing yet, so everybody
 * gets a whole lease from it.
 *
 * A member leaves in two steps: first it is marked as leaving, and hands over what it holds, then it is taken out.
 */
import type { Member, View } from '../shared/view.ts'
import { isAwaitedRun, LEAP, type Past, reckon } from './past.ts'

export interface Registry {
  readonly epoch: number
  /** 0 where none was set: in a new registry, and in one that was written by an uplink of before. */
  readonly copies: number
  readonly members: Member[]
  readonly past?: Past | undefined
  readonly gone?: string[] | undefined
  readonly forked?: number | undefined
}

/** What somebody knows of a later epoch: a member its view, an uplink all of it. */
export type Told = Pick<Registry, 'epoch' | 'members'> & Partial<Registry>

export interface Sighting {
  readonly incarnation: string
  readonly renewals: number
  readonly seenAtMs: number
}

/** `rejoined`: as another life, from another address, or after having been away. */
export type Change = 'joined' | 'rejoined' | 'leaving' | 'gone'

/** By member id. */
export type Sightings = ReadonlyMap<string, Sighting>

export const EMPTY: Registry = { epoch: 0, copies: 0, members: [] }

/** Who tells no formats is from before they were told, and speaks this one. */
const FORMATS_UNTOLD: readonly number[] = [3]

/** What members go by. */
export function viewOf({ epoch, copies, members, past, gone = [], forked }: Registry): View {
  return {
    epoch,
    copies,
    members,
    ...(past?.isAwaited && { last: past.last }),
    ...(gone.length > 0 && { gone }),
    ...(forked !== undefined && members.some(({ since = 0 }) => since <= forked) && { forked }),
  }
}

/** Says how many members are to hold each slot. Nobody goes by an epoch 0: it may stay one. */
export function withCopies(registry: Registry, copies: number): Registry {
  if (registry.copies === copies) return registry
  return { ...registry, epoch: registry.epoch === 0 ? 0 : registry.epoch + 1, copies }
}

export function memberOf(registry: Pick<Registry, 'members'>, id: string): Member | undefined {
  return registry.members.find((member) => member.id === id)
}

export function isSame(one: Member | undefined, other: Member | undefined): boolean {
  return one?.id === other?.id && one?.incarnation === other?.incarnation && one?.url === other?.url
}

/** Whether there is nothing to change when this member renews. Leaving is not taken back. */
export function isSettled(registry: Registry, member: Member): boolean {
  const known = memberOf(registry, member.id)
  const isMarked = known?.leaving === true || member.leaving !== true
  return isSame(known, member) && isMarked && saysTheSame(known, member)
}

function saysTheSame(one: Member | undefined, other: Member): boolean {
  return String(one?.formats) === String(other.formats) && one?.version === other.version
}

/** The members that stay, and have no format in common with one that comes, or that speaks others than before. */
export function strangersTo(registry: Registry, member: Member): Member[] {
  const known = memberOf(registry, member.id)
  const isKnown =
    known?.incarnation === member.incarnation && String(known.formats) === String(member.formats)
  if (isKnown || member.leaving) return []
  const spoken = new Set(formatsOf(member))
  return registry.members.filter(
    (other) => other.id !== member.id && !other.leaving && !formatsOf(other).some((each) => spoken.has(each)),
  )
}

export function formatsOf(member: Member): readonly number[] {
  return member.formats ?? FORMATS_UNTOLD
}

/**
 * Registers a member in the place of `former`, whoever had its id when that was looked at, or notes that it is
 * leaving. Unchanged when the id has passed to somebody else meanwhile, or when others would not understand it.
 */
export function join(registry: Registry, member: Member, former: Member | undefined): Registry {
  const known = memberOf(registry, member.id)
  if (!isSame(known, former) || isSettled(registry, member)) return registry
  if (strangersTo(registry, member).length > 0) return registry
  const others = registry.members.filter(({ id }) => id !== member.id)
  const epoch = registry.epoch + 1
  const { leaving, ...told } = member
  const since = isSame(known, member) ? known?.since : epoch
  const joined = { ...told, ...(since !== undefined && { since }) }
  const isLeaving = leaving || (known?.incarnation === member.incarnation && known.leaving)
  return withMembers({ ...registry, epoch }, [...others, isLeaving ? marked(joined) : joined])
}

function marked(member: Member): Member {
  return { ...member, leaving: true }
}

/** Takes out this life of a member, and no other. */
export function leave(registry: Registry, id: string, incarnation: string): Registry {
  if (memberOf(registry, id)?.incarnation !== incarnation) return registry
  const others = registry.members.filter((member) => member.id !== id)
  return withMembers({ ...registry, epoch: registry.epoch + 1 }, others)
}

/** Takes in what somebody remembers that is forgotten here. Who is registered here is known better here. */
export function adopt(registry: Registry, told: Told): Registry {
  const isKnown = told.members.every(({ id }) => memberOf(registry, id) !== undefined)
  if (told.epoch <= registry.epoch && (isKnown || !isAwaitedRun(registry, told.epoch))) return registry
  const kept = registry.members.map((member) => {
    const then = memberOf(told, member.id)
    return then?.leaving && then.incarnation === member.incarnation ? marked(member) : member
  })
  const byId = new Map([...told.members, ...kept].map((member) => [member.id, member]))
  const carriedOn = registry.past && { ...registry.past, isAwaited: false, asOf: told.epoch }
  const past = told.past ?? carriedOn
  const adopted = {
    ...registry,
    epoch: Math.max(told.epoch, registry.epoch) + LEAP,
    copies: told.copies ?? registry.copies,
    ...(past && { past }),
    ...(told.gone && { gone: told.gone }),
    ...(told.forked !== undefined && { forked: told.forked }),
  }
  return withMembers(adopted, [...byId.values()])
}

/** Whether a member that claims this epoch is to tell its view, as more may be known by it than here. */
export function isNews(registry: Registry, id: string, epoch: number): boolean {
  const isThere = memberOf(registry, id) !== undefined
  return epoch > registry.epoch || (!isThere && isAwaitedRun(registry, epoch))
}

/** With these members, and what follows from them. */
function withMembers(registry: Registry, members: Member[]): Registry {
  const { gone, ...others } = registry
  const missed = gone?.filter((id) => !members.some((member) => member.id === id)) ?? []
  return reckon({ ...others, ...(missed.length > 0 && { gone: missed }), members: sorted(members) })
}

function sorted(members: Member[]): Member[] {
  return members.sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** What is known of the members now. A count that differs is a renewal, whichever way: the store may have been wiped. */
export function observe(
  before: Sightings,
  now: { registry: Registry; renewals: ReadonlyMap<string, number>; nowMs: number },
): Sightings {
  const entries = now.registry.members.map(({ id, incarnation }): [string, Sighting] => {
    const renewals = now.renewals.get(id) ?? 0
    const last = before.get(id)
    const isUnchanged = last?.incarnation === incarnation && last.renewals === renewals
    return [id, isUnchanged ? last : { incarnation, renewals, seenAtMs: now.nowMs }]
  })
  return new Map(entries)
}

/** The members that have not renewed for so long, as far as this uplink has seen. */
export function quiet(
  sightings: Sightings,
  registry: Registry,
  { nowMs, forMs }: { nowMs: number; forMs: number },
): Member[] {
  return registry.members.filter((member) => {
    const seenAtMs = seenAt(sightings, member)
    return seenAtMs !== undefined && nowMs - seenAtMs >= forMs
  })
}

/** When this life of a member was last seen to renew. */
export function seenAt(sightings: Sightings, { id, incarnation }: Member): number | undefined {
  const sighting = sightings.get(id)
  return sighting?.incarnation === incarnation ? sighting.seenAtMs : undefined
}

/** Who may know more of a member: some of the others, first those who stay, and who were last seen to renew. */
export function witnesses(
  sightings: Sightings,
  registry: Registry,
  { of, max }: { of: Member; max: number },
): Member[] {
  const rank = (member: Member) => (member.leaving ? 1 : 0)
  const seenAtMs = (member: Member) => seenAt(sightings, member) ?? 0
  return registry.members
    .filter(({ id }) => id !== of.id)
    .sort((one, other) => rank(one) - rank(other) || seenAtMs(other) - seenAtMs(one))
    .slice(0, max)
}

/** What has happened to the members from one registry to a later one, or to another. */
export function changes(before: Registry, after: Registry): { member: Member; what: Change }[] {
  const gone = before.members.filter(({ id }) => memberOf(after, id) === undefined)
  const changed = after.members.flatMap((member): { member: Member; what: Change }[] => {
    const former = memberOf(before, member.id)
    if (former === undefined || !isSame(former, member) || former.since !== member.since) {
      return [{ member, what: former === undefined ? 'joined' : 'rejoined' }]
    }
    return member.leaving && !former.leaving ? [{ member, what: 'leaving' }] : []
  })
  return [...gone.map((member) => ({ member, what: 'gone' as const })), ...changed]
}
