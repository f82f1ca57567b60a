/** The kinds of entry there are, each with its row: whoever adds one is led from here by the compiler. */
import { assertNever } from '../../shared/errors.ts'
import { COUNTER, type Counter } from './counter.ts'
import { TURNED, type Turned } from './either.ts'
import { REACTIONS } from './engage.ts'
import { LIMIT, type Limit } from './limit.ts'
import type { Reactions } from './reactions.ts'
import { REGISTER, type Register } from './register.ts'
import type { Verbs } from './verbs.ts'

export interface EntryOf {
  readonly register: Register
  readonly counter: Counter
  readonly turned: Turned
  readonly limit: Limit
  readonly reactions: Reactions
}

export type Kind = keyof EntryOf
export type Entry = EntryOf[Kind]

/**
 * Those of its kind: another entry that they are given has to be of the same. By cases, as finding them by name in a
 * record would cost more than most of them do.
 */
export function verbsOf(entry: Entry): Verbs<Entry> {
  switch (entry.kind) {
    case 'register':
      return REGISTER
    case 'counter':
      return COUNTER
    case 'turned':
      return TURNED
    case 'limit':
      return LIMIT
    case 'reactions':
      return REACTIONS
    default:
      return assertNever(entry)
  }
}
