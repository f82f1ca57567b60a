/**
 * The families of entries: what a key may name. The first letter of an id is its family, so that families do not share
 * their keys; two of them may be of one kind, and fare differently. Values and counters share theirs, as a key has one or the
 * other: which of them it is its kind tells.
 */
import { type Family, familyOfCommand, type KeyCommand } from '../../shared/command.ts'
import type { Entry, Kind } from './kinds.ts'

interface Common {
  /** The first letter of its ids. */
  readonly letter: string
  /** What its entries are counted as. */
  readonly census: string
  /** Whether they outlive the process. */
  readonly isOnDisk: boolean
}

/** Only registers are evicted or buried: what is left of one is a tombstone, and what is left of others is in themselves. */
type FamilyRow = Common &
  (
    | { readonly kind: 'register'; readonly isEvictable: boolean; readonly leavesTombstone: boolean }
    | {
        readonly kind: Exclude<Kind, 'register' | 'turned'>
        readonly isEvictable: false
        readonly leavesTombstone: false
      }
  )

/**
 * `isEvictable`: whether the memory budget may claim it; what is cached can be had again, what was counted cannot.
 * `leavesTombstone`: whether it does once it has ended; what nobody deletes, no older copy can bring back.
 */
export const FAMILIES = {
  value: {
    letter: 'v',
    kind: 'register',
    census: 'values',
    isOnDisk: true,
    isEvictable: true,
    leavesTombstone: true,
  },
  /** Cached responses are not kept on disk: they would miss the events of the meantime. */
  response: {
    letter: 'a',
    kind: 'register',
    census: 'responses',
    isOnDisk: false,
    isEvictable: true,
    leavesTombstone: false,
  },
  counter: {
    letter: 'v',
    kind: 'counter',
    census: 'counters',
    isOnDisk: true,
    isEvictable: false,
    leavesTombstone: false,
  },
  /** How much of limits is used up; one that is full is forgotten. */
  limit: {
    letter: 'l',
    kind: 'limit',
    census: 'limits',
    isOnDisk: true,
    isEvictable: false,
    leavesTombstone: false,
  },
  reactions: {
    letter: 'r',
    kind: 'reactions',
    census: 'contents',
    isOnDisk: true,
    isEvictable: false,
    leavesTombstone: false,
  },
  /** The answers that make increments count once, each beside its counter (`once.ts`). */
  once: {
    letter: 'i',
    kind: 'register',
    census: 'records',
    isOnDisk: true,
    isEvictable: false,
    leavesTombstone: false,
  },
} as const satisfies Record<Family | 'once', FamilyRow>

/** Names an entry, by its family and its key; how responses are named is in `response.ts`. */
export const idOf = {
  /** A value or a counter. */
  key: (key: string) => `${FAMILIES.value.letter}${key}`,
  limit: (key: string) => `${FAMILIES.limit.letter}${key}`,
  reactions: (content: string) => `${FAMILIES.reactions.letter}${content}`,
  /** A header holds no NUL, so that the last one is where the idempotency key begins. */
  once: (key: string, idempotencyKey: string) => `${FAMILIES.once.letter}${key}\0${idempotencyKey}`,
} as const

type AnyFamily = (typeof FAMILIES)[keyof typeof FAMILIES]

/** By the code of the letter: it is asked for with every write. */
const BY_LETTER: (AnyFamily | undefined)[] = new Array(128).fill(undefined)
for (const family of Object.values(FAMILIES)) BY_LETTER[family.letter.charCodeAt(0)] ??= family

/** That of an entry. What no family here has named, as a newer member may, is kept like a record: nothing claims that. */
export function familyOf(id: string, { kind }: Pick<Entry, 'kind'>): AnyFamily {
  return kind === 'counter' ? FAMILIES.counter : (BY_LETTER[id.charCodeAt(0)] ?? FAMILIES.once)
}

/** Whether what a command changes is to outlive the process. */
export function isKeptOnDisk(command: KeyCommand): boolean {
  return FAMILIES[familyOfCommand(command)].isOnDisk
}
