/**
 * Who is registered, as of which epoch, and whose lease has lapsed. Pure: data and the time in, data out.
 *
 * A registry is a view without the setting COPIES, which is every uplink's own. It is replaced, never
 * changed, and its epoch grows with everything that differs; a step that changes nothing returns what it got.
 *
 * Several uplinks may keep one registry, and their clocks need not agree: the store counts every member's
 * renewals, and each uplink remembers by its own clock when it last saw a count change (a sighting). A lease
 * has lapsed when that is a lease ago. An uplink that has just started has seen nothing yet, so everybody
 * gets a whole lease from it.
 *
 * A member leaves in two steps: first it is marked as leaving, and hands over what it holds, then it is taken out.
 */
import type { Member, View } from '../shared/view.ts'

export type Registry = Readonly<Omit<View, 'copies'>>

export interface Sighting {
  readonly incarnation: string
  readonly renewals: number
  readonly seenAtMs: number
}

/** `rejoined`: as another life, from another address, or after having been away. */
export type Change = 'joined' | 'rejoined' | 'leaving' | 'gone'

/** By member id. */
export type Sightings = ReadonlyMap<string, Sighting>

export const EMPTY: Registry = { epoch: 0, members: [] }

/**
 * How far an adopted epoch is ahead of the one that was told. More than one, as the teller itself may have been
 * some epochs behind the others: none of them may know another view by the number that the adopted one gets.
 */
const ADOPTION_LEAP = 100

export function memberOf(registry: Registry, id: string): Member | undefined {
  return registry.members.find((member) => member.id === id)
}

export function isSame(one: Member | undefined, other: Member | undefined): boolean {
  return one?.id === other?.id && one?.incarnation === other?.incarnation && one?.url === other?.url
}

/** Whether there is nothing to change when this member renews. Leaving is not taken back. */
export function isSettled(registry: Registry, member: Member): boolean {
  const known = memberOf(registry, member.id)
  return isSame(known, member) && (known?.leaving === true || member.leaving !== true)
}

/**
 * Registers a member in the place of `former`, whoever had its id when that was looked at, or notes that it is
 * leaving. Unchanged when the id has passed to somebody else meanwhile.
 */
export function join(registry: Registry, member: Member, former: Member | undefined): Registry {
  const known = memberOf(registry, member.id)
  if (!isSame(known, former) || isSettled(registry, member)) return registry
  const others = registry.members.filter(({ id }) => id !== member.id)
  const epoch = registry.epoch + 1
  const { id, url, incarnation } = member
  const since = isSame(known, member) ? known?.since : epoch
  const joined = { id, url, incarnation, ...(since !== undefined && { since }) }
  const isLeaving = member.leaving || (known?.incarnation === incarnation && known.leaving)
  return { epoch, members: sorted([...others, isLeaving ? marked(joined) : joined]) }
}

function marked(member: Member): Member {
  return { ...member, leaving: true }
}

/** Takes out this life of a member, and no other. */
export function leave(registry: Registry, id: string, incarnation: string): Registry {
  if (memberOf(registry, id)?.incarnation !== incarnation) return registry
  return { epoch: registry.epoch + 1, members: registry.members.filter((member) => member.id !== id) }
}

/** Takes in what somebody remembers of a later epoch. Who is registered here is known better here. */
export function adopt(registry: Registry, told: Registry): Registry {
  if (told.epoch <= registry.epoch) return registry
  const kept = registry.members.map((member) => {
    const then = memberOf(told, member.id)
    return then?.leaving && then.incarnation === member.incarnation ? marked(member) : member
  })
  const byId = new Map([...told.members, ...kept].map((member) => [member.id, member]))
  return { epoch: told.epoch + ADOPTION_LEAP, members: sorted([...byId.values()]) }
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
