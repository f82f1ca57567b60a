/**
 * The client of Larder. It knows which node owns a key and asks it directly, sends the calls of one turn together, and
 * tries again what may be tried again, at another node if need be, within one deadline a call.
 *
 * Calls that are not awaited may overtake each other.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallOptions } from './attempts.ts'
import { type Calls as AllCalls, Calls, fieldsIn } from './calls.ts'
import { Counter } from './counters.ts'
import { notUnderstood } from './errors.ts'
import { type Key, keyText } from './key.ts'
import { Limit } from './limits.ts'
import type { LarderOptions } from './options.ts'
import { Reactions } from './reactions.ts'
import { Responses } from './responses.ts'
import { Values } from './values.ts'
import { type Watch, type WatchOptions, watching } from './watch.ts'

export type { CallOptions } from './attempts.ts'
export { type AddOptions, type Counter, isOutOfBounds, type Total } from './counters.ts'
export type { Entry } from './entry.ts'
export { LarderError } from './errors.ts'
export type { Key } from './key.ts'
export type { Allowance, Limit, Taking } from './limits.ts'
export type { LarderOptions } from './options.ts'
export type { Presence, PresenceOptions } from './presence.ts'
export type { Counts, Reactions, ReactOptions } from './reactions.ts'
export type { CachedResponse, Purge, ResponseOptions, Responses } from './responses.ts'
export type { ListedKey, ListOptions, MatchOptions, SetOptions } from './values.ts'
export type { Change, Changed, Deleted, Watch, WatchedKind, WatchOptions } from './watch.ts'

export interface Activity {
  readonly contentId: string
  readonly users: number
  readonly counts: Readonly<Record<string, number>>
}

export class Larder extends Values {
  readonly responses: Responses
  readonly #calls: AllCalls

  /** Connects to nobody yet. @throws TypeError for options that are none. */
  constructor(options: LarderOptions) {
    const calls = new Calls(options)
    super(calls)
    this.#calls = calls
    this.responses = new Responses(calls)
  }

  counter(key: Key): Counter {
    return new Counter(this.#calls, keyText(key))
  }

  reactions(content: Key): Reactions {
    return new Reactions(this.#calls, keyText(content))
  }

  limit(key: Key): Limit {
    return new Limit(this.#calls, keyText(key))
  }

  /** What is going on: the contents with the most engaged users first, 20 if nothing is said. */
  async activity({
    limit = 20,
    ...call
  }: CallOptions & { readonly limit?: number } = {}): Promise<Activity[]> {
    const path = `/api/v1/activity?limit=${limit}`
    const { activity } = fieldsIn(await this.#calls.request({ method: 'GET', path, ...call }))
    if (!Array.isArray(activity)) throw notUnderstood({ activity })
    return activity.map(({ content_id, users, reaction_count }) => ({
      contentId: content_id,
      users,
      counts: reaction_count,
    }))
  }

  /**
   * Changes as they happen, over the whole cluster, from the first `next` on: those to one key in their order, several in quick
   * succession as the last. Goes on at the next node where one goes. @throws LarderError TIMED_OUT where none is found
   * within `timeoutMs`, and the reason of the signal.
   */
  watch<T = unknown>(options: WatchOptions = {}): Watch<T> {
    return watching<T>(this.#calls, options)
  }

  /** Ends all calls that are under way; those to come are refused. */
  close(): void {
    this.#calls.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
