/** What is asked and told of many keys at once, in the order of their places. */

/**
 * Where a key is among all keys: by its slot, and there in an order that is the same on all members and stays as it is. A
 * `tie` tells those apart that would be at one place, and only those: without it the place behind all of them is meant.
 */
export interface KeyPlace {
  readonly slot: number
  readonly at: number
  readonly tie?: string
}

/** All but the body of a value. */
export interface Description {
  readonly contentType: string
  /** How large its body is. */
  readonly bytes: number
  /** Of a set, which has no body: how many are in it. */
  readonly members?: number
  /** What is left of its life, where it ends by itself. */
  readonly ttlMs?: number
}

export interface ListedKey extends Description {
  readonly key: string
  readonly place: KeyPlace
}

/** What is going on at one content. */
export interface Activity {
  readonly content: string
  /** How many are engaged with it, in whatever way. */
  readonly users: number
  readonly counts: Readonly<Record<string, number>>
}

export type ManyKeysCommand =
  /** Which keys begin so: some of them, behind the last one of the page before. */
  | {
      readonly type: 'keys.list'
      readonly prefix: string
      readonly limit: number
      readonly after?: KeyPlace
      /** Also those that are sets. */
      readonly hasSets?: true
    }
  /** Forgets all values whose keys begin so, if they were stored before. */
  | { readonly type: 'keys.clear'; readonly prefix: string; readonly hasSets?: true }
  /** Both as one member is asked for them, of slots that it owns (`slot-set.ts`): some at a time, on from a place. */
  | {
      readonly type: 'keys.scan'
      readonly slots: string
      readonly prefix: string
      readonly limit: number
      readonly after?: KeyPlace
      readonly hasSets?: true
    }
  | {
      readonly type: 'keys.forget'
      readonly slots: string
      readonly prefix: string
      /** The latest stamp that is meant. */
      readonly upTo: number
      readonly after?: KeyPlace
      readonly hasSets?: true
    }

export type ManyKeysOutcome =
  /** Those there are up to `next`, or to the end; `time` is the latest stamp that the member knew of then. */
  | {
      readonly type: 'keys'
      readonly keys: readonly ListedKey[]
      readonly next?: KeyPlace
      readonly time: number
    }
  /** So many values are gone, up to `next`, or to the end. */
  | { readonly type: 'cleared'; readonly count: number; readonly next?: KeyPlace }
