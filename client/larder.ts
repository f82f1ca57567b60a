/**
 * The client of Larder. It knows which node owns a key and asks it directly, sends the calls of one turn together, and
 * tries again what may be tried again, at another node if need be, within one deadline a call.
 *
 * Calls that are not awaited may overtake each other.
 */
import type { CallOptions } from './attempts.ts'
import { type Calls as AllCalls, Calls, type Fields, fieldsIn, type LarderOptions } from './calls.ts'
import { Counter } from './counters.ts'
import { isObject } from './errors.ts'
import { type Key, keyText } from './key.ts'
import { Limit } from './limits.ts'
import { pages } from './pages.ts'
import { Reactions } from './reactions.ts'
import { Responses } from './responses.ts'
import { type Entry, entryOf, fieldsOf, notUnderstood } from './values.ts'

export type { CallOptions } from './attempts.ts'
export type { LarderOptions } from './calls.ts'
export { type AddOptions, type Counter, isOutOfBounds, type Total } from './counters.ts'
export { LarderError } from './errors.ts'
export type { Key } from './key.ts'
export type { Allowance, Limit, Taking } from './limits.ts'
export type { Presence, PresenceOptions } from './presence.ts'
export type { Counts, Reactions, ReactOptions } from './reactions.ts'
export type { CachedResponse, Purge, ResponseOptions, Responses } from './responses.ts'
export type { Entry } from './values.ts'

export interface SetOptions extends CallOptions {
  /** Seconds until it ends by itself; for ever if absent. */
  readonly ttl?: number
  /** It lives on for as long as what is there would. Not with `ttl`. */
  readonly keepTtl?: boolean
  /** Only where nothing is there. */
  readonly ifAbsent?: boolean
  /** Only where what is there has this entity tag; `*`: where anything is. */
  readonly ifMatch?: string
  /** Of text and bytes, which are kept as they are then; if absent, bytes are `application/octet-stream`, and all else is JSON. */
  readonly contentType?: string
}

export interface DeleteOptions extends CallOptions {
  readonly ifMatch?: string
}

export interface ListOptions extends CallOptions {
  /** Of all keys if absent. */
  readonly prefix?: string
}

export interface ListedKey {
  readonly key: string
  readonly contentType: string
  readonly bytes: number
  /** Seconds that are left; absent where it does not end. */
  readonly ttl?: number
}

export interface Activity {
  readonly contentId: string
  readonly users: number
  readonly counts: Readonly<Record<string, number>>
}

/** Bytes beyond which a value does not travel in a batch, as base64 there. */
const BATCHED_BYTES_MAX = 64 * 1024

export class Larder {
  readonly responses: Responses
  readonly #calls: AllCalls

  /** Connects to nobody yet. @throws TypeError for `urls` that are none. */
  constructor(options: LarderOptions) {
    this.#calls = new Calls(options)
    this.responses = new Responses(this.#calls)
  }

  /** `undefined` where nothing is there. Text and bytes come as they were stored, all else is what its JSON says. */
  async get<T = unknown>(key: Key, options: CallOptions = {}): Promise<T | undefined> {
    return (await this.entry<T>(key, options))?.value
  }

  /** The value with its entity tag, type, and what is left of its time. */
  async entry<T = unknown>(key: Key, options: CallOptions = {}): Promise<Entry<T> | undefined> {
    return entryOf<T>(await this.#calls.operate({ op: 'get', key: keyText(key), isRead: true, ...options }))
  }

  async has(key: Key, options: CallOptions = {}): Promise<boolean> {
    const { has } = await this.#calls.operate({ op: 'has', key: keyText(key), isRead: true, ...options })
    return has === true
  }

  /**
   * Stores a value. @returns its entity tag, or `undefined` where a condition does not hold. @throws LarderError NOT_KNOWN
   * where there is a condition and no answer: nobody can say whether it was stored.
   */
  async set(
    key: Key,
    value: unknown,
    options: SetOptions = {},
  ): Promise<{ readonly etag: string } | undefined> {
    const { ttl, keepTtl, ifAbsent, ifMatch, contentType, ...call } = options
    const conditions = {
      ...(ifAbsent === true && { if_none_match: '*' }),
      ...(ifMatch !== undefined && { if_match: ifMatch }),
    }
    const repeat = isEmpty(conditions) ? 'freely' : 'once'
    const lifetime = { ...(ttl !== undefined && { ttl }), ...(keepTtl === true && { keep_ttl: true }) }
    if (value instanceof Uint8Array && value.length > BATCHED_BYTES_MAX)
      return await this.#put(keyText(key), value, options)
    const fields = { ...fieldsOf(value, contentType), ...lifetime, ...conditions }
    const result = await this.#calls.operate({
      op: 'set',
      key: keyText(key),
      fields,
      repeat,
      answers: [412],
      ...call,
    })
    return result['status'] === 412 ? undefined : { etag: etagIn(result) }
  }

  /** @returns whether something was there. */
  async delete(key: Key, { ifMatch, ...call }: DeleteOptions = {}): Promise<boolean> {
    const fields = ifMatch === undefined ? {} : { if_match: ifMatch }
    const repeat = ifMatch === undefined ? 'freely' : 'once'
    const op = { op: 'delete', key: keyText(key), fields, repeat, answers: [412] } as const
    const { status, deleted } = await this.#calls.operate({ ...op, ...call })
    return status !== 412 && deleted !== false
  }

  /** Deletes it and tells what was there, in one step. @throws LarderError NOT_KNOWN where no answer came. */
  async take<T = unknown>(key: Key, options: CallOptions = {}): Promise<T | undefined> {
    const op = { op: 'take', key: keyText(key), repeat: 'once', answers: [404] } as const
    const result = await this.#calls.operate({ ...op, ...options })
    return result['status'] === 404 ? undefined : entryOf<T>(result)?.value
  }

  /** It lives for so many seconds from now on, or for ever. @returns whether something was there. */
  async touch(key: Key, ttl: number | null, options: CallOptions = {}): Promise<boolean> {
    const op = { op: 'touch', key: keyText(key), fields: { ttl }, answers: [404] }
    return (await this.#calls.operate({ ...op, ...options }))['status'] !== 404
  }

  /** All keys, over the whole cluster: each that is there throughout exactly once. */
  list({ prefix = '', ...call }: ListOptions = {}): AsyncIterable<ListedKey> {
    const path = `/api/v1/kv?limit=1000&prefix=${encodeURIComponent(prefix)}`
    return pages(
      this.#calls,
      (cursor) => (cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`),
      ({ keys }) => (Array.isArray(keys) ? keys.map(listedKey) : []),
      call,
    )
  }

  /** Deletes every value whose key begins so; all of them for `''`. @returns how many. */
  async clear(prefix: string, options: CallOptions = {}): Promise<number> {
    const path = `/api/v1/kv?prefix=${encodeURIComponent(prefix)}`
    const answer = await this.#calls.request({ method: 'DELETE', path, ...options })
    return Number(fieldsIn(answer)['deleted'])
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

  /** What is going on: the contents with the most engaged users first. */
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

  /** Ends all calls that are under way; those to come are refused. */
  close(): void {
    this.#calls.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Bytes as they are. */
  async #put(
    key: string,
    value: Uint8Array,
    options: SetOptions,
  ): Promise<{ readonly etag: string } | undefined> {
    const { ttl, keepTtl, ifAbsent, ifMatch, contentType = 'application/octet-stream', ...call } = options
    const query = new URLSearchParams({
      ...(ttl !== undefined && { ttl: String(ttl) }),
      ...(keepTtl === true && { keep_ttl: '1' }),
    })
    const { status, headers } = await this.#calls.request({
      method: 'PUT',
      path: `/api/v1/kv/${encodeURIComponent(key)}?${query}`,
      key,
      headers: {
        'content-type': contentType,
        ...(ifAbsent === true && { 'if-none-match': '*' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      body: new Uint8Array(value),
      repeat: ifAbsent === true || ifMatch !== undefined ? 'once' : 'freely',
      answers: [412],
      ...call,
    })
    return status === 412 ? undefined : { etag: headers.get('etag') ?? '' }
  }
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0
}

function etagIn(fields: Fields): string {
  const { etag } = fields
  if (typeof etag !== 'string') throw notUnderstood(fields)
  return etag
}

function listedKey(told: unknown): ListedKey {
  if (!isObject(told)) throw notUnderstood(told)
  const { key, content_type: contentType, bytes, ttl } = told
  if (typeof key !== 'string') throw notUnderstood(told)
  return {
    key,
    contentType: String(contentType),
    bytes: Number(bytes),
    ...(typeof ttl === 'number' && { ttl }),
  }
}
