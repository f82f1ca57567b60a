/** The set that a key is where it is one thing alone (`sole.ts`): the users of a content who show MEMBERSHIP. */
import type { Stamp } from '../../shared/command.ts'
import type { Description } from '../../shared/many-keys.ts'
import { MEMBERSHIP } from '../../shared/reaction-command.ts'
import type { Entry } from './kinds.ts'
import type { Reactions } from './reactions.ts'

export type MemberSet = Reactions

/** Where anybody is in it. */
export function setIn(entry: Entry | undefined, nowMs: number): MemberSet | undefined {
  if (entry?.kind !== 'reactions' || entry.countOf(MEMBERSHIP) === 0) return undefined
  // Of very many who have ended at once, some may still seem to be there.
  return endOfSet(entry) > nowMs ? entry : undefined
}

/** When it ends, as all who are in it do. */
export function endOfSet(set: MemberSet): number {
  return set.endOf(MEMBERSHIP)
}

/** Of what it is now: who comes and goes makes another one of it. */
export function stampOfSet({ digest, passingDigest }: MemberSet): Stamp {
  return { time: 0, origin: `${digest}.${passingDigest}` }
}

export function describeSet(set: MemberSet, { nowMs }: { readonly nowMs: number }): Description {
  const description = { contentType: '', bytes: 0, members: set.countOf(MEMBERSHIP) }
  const endsAtMs = endOfSet(set)
  return endsAtMs === Infinity ? description : { ...description, ttlMs: endsAtMs - nowMs }
}
