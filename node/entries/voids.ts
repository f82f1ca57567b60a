/**
 * Increments that two members have counted: the first answer was not heard, and the retry came to another owner, which did
 * not know of it. Where the two meet, the earlier is void.
 *
 * A void is a tally of its own that takes back what was counted. It is named after the moment in the tally that it is
 * about, and has no effect where that is not there: so whoever finds the same finds the same void, in whatever order.
 */
import { hasReached, type Tallies, type Tally } from './tally.ts'

const PREFIX = 'void '

export function isVoid(name: string): boolean {
  return name.startsWith(PREFIX)
}

/** What takes an increment back, by what it had made of the tally of its origin. */
export function voidOf(counted: Tallies, by: bigint): Tallies {
  const back = by < 0n ? { added: -by, taken: 0n } : { added: 0n, taken: by }
  const voids = Object.entries(counted).map(([origin, { added, taken }]) => {
    return [`${PREFIX}${added} ${taken} ${origin}`, back] as const
  })
  return Object.fromEntries(voids)
}

/** The origin whose tally a void is about. */
export function originOfVoid(name: string): string {
  return name.split(' ').slice(3).join(' ')
}

/** Whether what it takes back is there, where so much is known of the tally that it is about. */
export function isEffective(name: string, known: Tally | undefined): boolean {
  const [, added = '', taken = ''] = name.split(' ')
  return known !== undefined && hasReached(known, { added: BigInt(added), taken: BigInt(taken) })
}
