/** Values under keys: JSON, text or bytes, for ever or for a while. */
import type { CallOptions } from './attempts.ts'
import { toBase64 } from './bytes.ts'
import { type Calls, type Fields, fieldsIn } from './calls.ts'
import { type Entry, entryIn, type Stored, stored, valueIn } from './entry.ts'
import { isObject, notUnderstood } from './errors.ts'
import { inPath, type Key, keyText } from './key.ts'
import { pages } from './pages.ts'

export interface MatchOptions extends CallOptions {
  /** Only where what is there has this entity tag; `*`: where anything is. */
  readonly ifMatch?: string
}

export interface SetOptions extends MatchOptions {
  /** Seconds until it ends by itself; for ever if absent. */
  readonly ttl?: number
  /** It lives on for as long as what is there would. Not with `ttl`. */
  readonly keepTtl?: boolean
  /** Only where nothing is there. */
  readonly ifAbsent?: boolean
  /** Of text and bytes, which are kept as they are then; if absent, bytes are `application/octet-stream`, and all else is JSON. */
  readonly contentType?: string
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

/** Bytes beyond which a value does not travel in a batch, as base64 there. */
const BATCHED_BYTES_MAX = 64 * 1024

/** A condition does not hold. */
const UNMATCHED = [412]

export class Values {
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  /** `undefined` where nothing is there. Text and bytes come as they were stored, all else is what its JSON says. */
  async get<T = unknown>(key: Key, options: CallOptions = {}): Promise<T | undefined> {
    return valueIn<T>(await this.#read('get', key, options))
  }

  /** The value with its entity tag, type, and what is left of its time. */
  async entry<T = unknown>(key: Key, options: CallOptions = {}): Promise<Entry<T> | undefined> {
    return entryIn<T>(await this.#read('get', key, options))
  }

  async has(key: Key, options: CallOptions = {}): Promise<boolean> {
    const { has } = await this.#read('has', key, options)
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
    const name = keyText(key)
    const what = stored(value, options.contentType)
    if (what.type === 'bytes' && what.bytes.length > BATCHED_BYTES_MAX)
      return await this.#put(name, what, options)
    const { ttl, keepTtl, ifAbsent, ifMatch, signal, timeoutMs } = options
    const fields = {
      ...(ttl !== undefined && { ttl }),
      ...(keepTtl === true && { keep_ttl: true }),
      ...(ifAbsent === true && { if_none_match: '*' }),
      ...(ifMatch !== undefined && { if_match: ifMatch }),
      ...(what.type === 'bytes' && { base64: toBase64(what.bytes), content_type: what.contentType }),
    }
    const result = await this.#calls.operate({
      op: 'set',
      key: name,
      fields,
      data: what.type === 'json' ? what.text : undefined,
      repeat: isConditional(options) ? 'once' : 'freely',
      answers: UNMATCHED,
      signal,
      timeoutMs,
    })
    return result['status'] === 412 ? undefined : { etag: etagIn(result) }
  }

  /** @returns whether something was there, and is not any more. */
  async delete(key: Key, { ifMatch, ...call }: MatchOptions = {}): Promise<boolean> {
    const repeat = ifMatch === undefined ? 'freely' : 'once'
    const op = {
      op: 'delete',
      key: keyText(key),
      fields: matching(ifMatch),
      repeat,
      answers: UNMATCHED,
    } as const
    const { status, deleted } = await this.#calls.operate({ ...op, ...call })
    return status !== 412 && deleted === true
  }

  /** Deletes it and tells what was there, in one step. @throws LarderError NOT_KNOWN where no answer came. */
  async take<T = unknown>(key: Key, { ifMatch, ...call }: MatchOptions = {}): Promise<T | undefined> {
    const [fields, answers] = [matching(ifMatch), [404, 412]]
    const op = { op: 'take', key: keyText(key), fields, repeat: 'once', answers } as const
    const result = await this.#calls.operate({ ...op, ...call })
    return result['status'] === 200 ? valueIn<T>(result) : undefined
  }

  /** It lives for so many seconds from now on, or for ever. @returns whether it is so. */
  async touch(key: Key, ttl: number | null, { ifMatch, ...call }: MatchOptions = {}): Promise<boolean> {
    const fields = { ttl, ...matching(ifMatch) }
    const op = { op: 'touch', key: keyText(key), fields, answers: [404, 412] }
    return (await this.#calls.operate({ ...op, ...call }))['status'] === 200
  }

  /** All keys, over the whole cluster: each that is there throughout exactly once. `timeoutMs` is that of a page. */
  list({ prefix = '', ...call }: ListOptions = {}): AsyncIterable<ListedKey> {
    return pages(this.#calls, {
      path: `/api/v1/kv?limit=1000&prefix=${encodeURIComponent(prefix)}`,
      read: ({ keys }) => (Array.isArray(keys) ? keys.map(listedKey) : []),
      call,
    })
  }

  /**
   * Deletes all values and counters whose key begins so and that were stored before; all of them for `''`. @returns how
   * many; fewer where it had to be tried again.
   */
  async clear(prefix: string, options: CallOptions = {}): Promise<number> {
    const path = `/api/v1/kv?prefix=${encodeURIComponent(prefix)}`
    const answer = await this.#calls.request({ method: 'DELETE', path, isPatient: true, ...options })
    return Number(fieldsIn(answer)['deleted'])
  }

  #read(op: 'get' | 'has', key: Key, { signal, timeoutMs }: CallOptions): Promise<Fields> {
    return this.#calls.operate({ op, key: keyText(key), isRead: true, signal, timeoutMs })
  }

  /** Bytes as they are. */
  async #put(
    key: string,
    { bytes, contentType }: Extract<Stored, { type: 'bytes' }>,
    options: SetOptions,
  ): Promise<{ readonly etag: string } | undefined> {
    const { ttl, keepTtl, ifAbsent, ifMatch, contentType: _, ...call } = options
    const query = new URLSearchParams({
      ...(ttl !== undefined && { ttl: String(ttl) }),
      ...(keepTtl === true && { keep_ttl: '1' }),
    })
    const { status, headers } = await this.#calls.request({
      method: 'PUT',
      path: `/api/v1/kv/${inPath(key)}?${query}`,
      key,
      headers: {
        'content-type': contentType,
        ...(ifAbsent === true && { 'if-none-match': '*' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      body: bytes,
      isPatient: true,
      repeat: isConditional(options) ? 'once' : 'freely',
      answers: UNMATCHED,
      ...call,
    })
    return status === 412 ? undefined : { etag: headers.get('etag') ?? '' }
  }
}

function isConditional({ ifAbsent, ifMatch }: SetOptions): boolean {
  return ifAbsent === true || ifMatch !== undefined
}

function matching(ifMatch: string | undefined): Fields {
  return ifMatch === undefined ? {} : { if_match: ifMatch }
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
