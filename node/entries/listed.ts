/** What stands under a key, as lists of keys tell of it: a value, a counter as it is read as one, or a set. */
import type { Stamp } from '../../shared/command.ts'
import type { Description } from '../../shared/many-keys.ts'
import { isEither } from './either.ts'
import { idOf } from './families.ts'
import type { Entry } from './kinds.ts'
import { describeSet, type MemberSet, setIn, stampOfSet } from './member-set.ts'
import { describe, type Present } from './register.ts'
import { valueUnder } from './turning.ts'

export type Listed = Present | MemberSet

interface Now {
  readonly nowMs: number
}

/** `hasSets`: whether a key that is a set is told too. */
export function listedUnder(
  key: string,
  get: (id: string) => Entry | undefined,
  { nowMs, hasSets = false }: Now & { readonly hasSets?: boolean },
): Listed | undefined {
  const entry = get(idOf.key(key))
  const value = entry !== undefined && isEither(entry) ? valueUnder(entry, { nowMs }) : undefined
  return value ?? (hasSets ? setIn(get(idOf.reactions(key)), nowMs) : undefined)
}

/** Which write it is; of a set, what it is now. */
export function stampOfListed(listed: Listed): Stamp {
  return listed.kind === 'register' ? listed.stamp : stampOfSet(listed)
}

export function describeListed(listed: Listed, now: Now): Description {
  return listed.kind === 'register' ? describe(listed, now) : describeSet(listed, now)
}
