/**
 * What can be asked of the users of a content, and what is answered (`command.ts`). The users who show one reaction to it are
 * a set, and what is asked of sets is asked of these.
 */

/**
 * A key as one thing alone, be it a value, a counter or a set: what is asked of the one is refused with WRONG_TYPE where there
 * is another, and what is stored takes the place of whatever there is. Without it contents stand beside values.
 */
export interface Sole {
  readonly isSole?: true
}

/** The reaction whose users are the set that a key is, where it is one thing alone. */
export const MEMBERSHIP = 'member'

export type ReactionCommand =
  /** A user is engaged with a content, the key, in one way, with `isUnique` in no other; `ttlMs` ends it by itself. */
  | ({ readonly type: 'reaction.add'; readonly ttlMs?: number; readonly isUnique?: true } & Engagement)
  /** And no longer is. */
  | ({ readonly type: 'reaction.remove' } & Engagement)
  /** How many users each reaction to a content has, and which are those of one user. */
  | { readonly type: 'reaction.count'; readonly key: string; readonly user?: string }
  /** Who they are, in their order, after the last one of the page before; one reaction, or all. */
  | {
      readonly type: 'reaction.users'
      readonly key: string
      readonly reaction?: string
      readonly after?: PageEnd
      readonly limit: number
    }
  /**
   * Of the users of one reaction these come and those go, with `isReplaced` all who are not among those who come, with
   * `isStrict` nobody where one who is to go is not there, with `isNew` nobody where anybody, or anything, is. Who comes to those who all end by themselves ends with them.
   */
  | {
      readonly type: 'reaction.change'
      readonly key: string
      readonly reaction: string
      readonly come: readonly string[]
      readonly go: readonly string[]
      readonly isReplaced?: true
      readonly isStrict?: true
      readonly isNew?: true
      readonly ttlMs?: number
    }

/** So many users come or go at once: more would take too long a turn. */
export const CHANGED_AT_ONCE_MAX = 10_000

interface Engagement {
  readonly key: string
  readonly user: string
  readonly reaction: string
}

/** The last user of a page. */
export interface PageEnd {
  readonly reaction: string
  readonly user: string
}

export type ReactionOutcome =
  /** `own` are the reactions of the user that was asked for. */
  | {
      readonly type: 'counts'
      readonly counts: Readonly<Record<string, number>>
      readonly own?: readonly string[]
    }
  /** Users by reaction; `next` is absent on the last page. */
  | {
      readonly type: 'users'
      readonly users: Readonly<Record<string, readonly string[]>>
      readonly next?: PageEnd
    }
  /** How many came who were not there, and how many went who were. */
  | { readonly type: 'changed'; readonly come: number; readonly gone: number }
