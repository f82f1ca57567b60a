/** What a call is told that asks for something which does not exist: nothing that was asked for is silently left out. */
import { LarderError } from './errors.ts'

/** What it is called elsewhere, where its spelling would lead to another name. */
const CALLED: Readonly<Record<string, readonly string[]>> = {
  ttl: [
    'ex',
    'px',
    'expire',
    'expires',
    'expiresin',
    'expiry',
    'expiration',
    'maxage',
    'seconds',
    'lifetime',
  ],
  data: ['value', 'val', 'body', 'json', 'content', 'payload'],
  by: ['value', 'amount', 'delta', 'increment', 'count'],
  value: ['by', 'amount', 'delta', 'increment', 'count'],
  if_none_match: ['nx', 'ifabsent'],
  kv: ['key', 'keys', 'value', 'values', 'cache', 'data', 'entry', 'entries', 'store'],
  counters: ['counter', 'count', 'incr', 'incrby'],
  reaction: ['reactions', 'react'],
}
/** Of what somebody else has written no more is repeated. */
const TOLD_LENGTH_MAX = 100

/** The name stands there and is none of these; `what` it is in, such as "the query". */
export function unknownField(name: string, names: readonly string[], what: string): LarderError {
  const told = name.length > TOLD_LENGTH_MAX ? `${name.slice(0, TOLD_LENGTH_MAX)}...` : name
  const nearest = nearestOf(name, names)
  const instead =
    nearest === undefined
      ? 'it has none at all.'
      : `the nearest is ${nearest}. There ${names.length > 1 ? 'are' : 'is'}: ${names.join(', ')}.`
  return new LarderError(
    'UNKNOWN_FIELD',
    `${told.toWellFormed()}: there is no such name in ${what}; ${instead}`,
  )
}

/** @throws LarderError UNKNOWN_FIELD for the first that is none of them. */
export function refuseOthers(given: Iterable<string>, names: readonly string[], what: string): void {
  for (const name of given) if (!names.includes(name)) throw unknownField(name, names, what)
}

/** The one that is meant, if there is one that is spelled almost so, or is what it is called elsewhere. */
export function nearOf(name: string, names: readonly string[]): string | undefined {
  const nearest = nearestOf(name, names)
  if (nearest === undefined || CALLED[nearest]?.includes(plainOf(name))) return nearest
  const [plain, other] = [plainOf(name), plainOf(nearest)]
  return distanceOf(plain, other) <= Math.min(plain.length, other.length) / 2 ? nearest : undefined
}

/** What it is called elsewhere, or else what is spelled most like it. */
function nearestOf(name: string, names: readonly string[]): string | undefined {
  const plain = plainOf(name)
  const meant = names.find((other) => CALLED[other]?.includes(plain))
  if (meant !== undefined) return meant
  const distances = names.map((other) => distanceOf(plain, plainOf(other)))
  return names[distances.indexOf(Math.min(...distances))]
}

function plainOf(name: string): string {
  return name
    .slice(0, TOLD_LENGTH_MAX)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '')
}

/** How many letters are to be put in, left out or changed (Levenshtein, 1966). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let at = 1; at <= to.length; at++) {
      const changed = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
