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
 */
import type { Member, View } from '../shared/view.ts'

export type Registry = Readonly<Omit<View, 'copies'>>

export interface Sighting {
  readonly incarnation: string
  readonly renewals: number
  readonly seenAtMs: number
}

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

/**
 * Registers a member in the place of `former`, whoever had its id when that was looked at. Unchanged when
 * the id has passed to somebody else meanwhile.
 */
export function join(registry: Registry, member: Member, former: Member | undefined): Registry {
  if (!isSame(memberOf(registry, member.id), former) || isSame(former, member)) return registry
  const others = registry.members.filter(({ id }) => id !== member.id)
  const epoch = registry.epoch + 1
  return { epoch, members: sorted([...others, { ...member, since: epoch }]) }
}

/** Takes out this life of a member, and no other. */
export function leave(registry: Registry, id: string, incarnation: string): Registry {
  if (memberOf(registry, id)?.incarnation !== incarnation) return registry
  return { epoch: registry.epoch + 1, members: registry.members.filter((member) => member.id !== id) }
}

/** Takes in what somebody remembers of a later epoch. Who is registered here is known better here. */
export function adopt(registry: Registry, told: Registry): Registry {
  if (told.epoch <= registry.epoch) return registry
  const byId = new Map([...told.members, ...registry.members].map((member) => [member.id, member]))
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

/** The members that have not renewed for a lease, as far as this uplink has seen. */
export function lapsed(
  sightings: Sightings,
  registry: Registry,
  { nowMs, leaseMs }: { nowMs: number; leaseMs: number },
): Member[] {
  return registry.members.filter(({ id, incarnation }) => {
    const sighting = sightings.get(id)
    return sighting?.incarnation === incarnation && nowMs - sighting.seenAtMs >= leaseMs
  })
}
