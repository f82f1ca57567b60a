/** A reaction that is there while somebody is: it is renewed until it is stopped, and ends by itself where nobody can do that. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallOptions } from './attempts.ts'
import { isClosed } from './errors.ts'

export interface PresenceOptions {
  /** Seconds after which it ends where it is not renewed: 30 if absent. */
  readonly ttl?: number
  /** Called with what went wrong when it could not be renewed; it is tried again. */
  readonly onError?: (error: unknown) => void
}

/** What is renewed. */
export interface Engaged {
  add(options: CallOptions & { readonly ttl: number }): Promise<void>
  remove(): Promise<void>
}

const TTL_SECONDS = 30
/** It is renewed so often within its time that some may fail. */
const RENEWALS = 3

export class Presence {
  readonly #engaged: Engaged
  readonly #options: PresenceOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #renewing: Promise<void> | undefined
  #isOver = false

  private constructor(engaged: Engaged, options: PresenceOptions) {
    this.#engaged = engaged
    this.#options = options
  }

  static async begin(engaged: Engaged, options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(engaged, options)
    await presence.#add()
    presence.#renewLater()
    return presence
  }

  /** Ends it at once. Nothing where it was stopped before. */
  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    await this.#renewing
    await this.#engaged.remove()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #ttl(): number {
    return this.#options.ttl ?? TTL_SECONDS
  }

  #renewLater(): void {
    this.#timer = setTimeout(
      () => {
        this.#renewing = this.#renew()
      },
      (this.#ttl * 1000) / RENEWALS,
    )
  }

  async #renew(): Promise<void> {
    try {
      await this.#add()
    } catch (error) {
      if (this.#isOver) return
      this.#options.onError?.(error)
      if (isClosed(error)) this.#isOver = true
    }
    if (!this.#isOver) this.#renewLater()
  }

  async #add(): Promise<void> {
    await this.#engaged.add({ ttl: this.#ttl, timeoutMs: this.#ttl * 1000 })
  }
}
