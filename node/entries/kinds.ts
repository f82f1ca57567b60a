/** The kinds of entry there are, each with its row: whoever adds one is led from here by the compiler. */
import { COUNTER, type Counter } from './counter.ts'
import { REACTIONS } from './engage.ts'
import type { Reactions } from './reactions.ts'
import { REGISTER, type Register } from './register.ts'
import type { Verbs } from './verbs.ts'

export interface EntryOf {
  readonly register: Register
  readonly counter: Counter
  readonly reactions: Reactions
}

export type Kind = keyof EntryOf
type Entry = EntryOf[Kind]

const VERBS: { readonly [K in Kind]: Verbs<EntryOf[K]> } = {
  register: REGISTER,
  counter: COUNTER,
  reactions: REACTIONS,
}

/** Those of its kind: another entry that they are given has to be of the same. */
export function verbsOf(entry: Entry): Verbs<Entry> {
  return VERBS[entry.kind]
}
