/**
 * A store for express-session 1.
 *
 *     session({ store: new LarderSessionStore({ urls: ['http://127.0.0.1:4000'] }), secret, resave: false, saveUninitialized: false })
 */
import session, { type SessionData } from 'express-session'
import type { Larder } from '../larder.ts'
import { type Connection, connect } from './connection.ts'

export type LarderSessionOptions = Connection & {
  /** What all keys begin with: `sess:` if absent. */
  readonly prefix?: string
  /** Seconds that a session lives whose cookie does not say: a day if absent. Or what says so of every session. */
  readonly ttl?: number | ((data: SessionData) => number)
  /** Whether a session that is used, and not changed, lives on as it is: false if absent. */
  readonly disableTouch?: boolean
}

type Callback<T = void> = (error?: unknown, result?: T) => void

const DAY_SECONDS = 86_400

export class LarderSessionStore extends session.Store {
  readonly prefix: string
  readonly #larder: Larder
  readonly #close: () => void
  readonly #ttl: number | ((data: SessionData) => number)
  readonly #isTouched: boolean

  constructor({
    prefix = 'sess:',
    ttl = DAY_SECONDS,
    disableTouch = false,
    ...options
  }: LarderSessionOptions) {
    super()
    this.prefix = prefix
    this.#ttl = ttl
    this.#isTouched = !disableTouch
    const { larder, close } = connect(options)
    this.#larder = larder
    this.#close = close
  }

  override get(id: string, callback: Callback<SessionData | null> = ignore): void {
    tell(
      this.#larder.get<SessionData>(this.prefix + id).then((data) => data ?? null),
      callback,
    )
  }

  override set(id: string, data: SessionData, callback: Callback = ignore): void {
    const ttl = this.#ttlOf(data)
    if (ttl <= 0) this.destroy(id, callback)
    else tell(this.#larder.set(this.prefix + id, data, { ttl }).then(nothing), callback)
  }

  override touch(id: string, data: SessionData, callback: Callback = ignore): void {
    const touched =
      this.#isTouched && this.#larder.touch(this.prefix + id, Math.max(this.#ttlOf(data), 0.001))
    tell(Promise.resolve(touched).then(nothing), callback)
  }

  override destroy(id: string, callback: Callback = ignore): void {
    tell(this.#larder.delete(this.prefix + id).then(nothing), callback)
  }

  override clear(callback: Callback = ignore): void {
    tell(this.#larder.clear(this.prefix).then(nothing), callback)
  }

  override length(callback: Callback<number> = ignore): void {
    tell(
      this.ids().then((ids) => ids.length),
      callback,
    )
  }

  override all(callback: Callback<SessionData[]> = ignore): void {
    tell(this.#all(), callback)
  }

  /** Of all sessions that there are. */
  async ids(): Promise<string[]> {
    const ids: string[] = []
    for await (const { key } of this.#larder.list({ prefix: this.prefix }))
      ids.push(key.slice(this.prefix.length))
    return ids
  }

  close(): void {
    this.#close()
  }

  async #all(): Promise<SessionData[]> {
    const ids = await this.ids()
    const found = await Promise.all(
      ids.map(async (id) => ({ id, data: await this.#larder.get<SessionData>(this.prefix + id) })),
    )
    return found.flatMap(({ id, data }) => (data === undefined ? [] : [{ id, ...data }]))
  }

  /** Seconds that it lives. */
  #ttlOf(data: SessionData): number {
    if (typeof this.#ttl === 'function') return this.#ttl(data)
    const expires = data.cookie?.expires
    return expires ? (new Date(expires).getTime() - Date.now()) / 1000 : this.#ttl
  }
}

export default LarderSessionStore

function ignore(): void {}

function nothing(): void {}

function tell<T>(result: Promise<T>, callback: Callback<T>): void {
  result.then(
    (result) => callback(null, result),
    (error) => callback(error),
  )
}
