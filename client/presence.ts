/** A reaction that is there while somebody is: it is renewed until it is stopped, and ends by itself where nobody can do that. */
/// <reference lib="esnext.disposable" preserve="true" />
import { isClosed } from './errors.ts'
import type { Reactions } from './reactions.ts'

export interface PresenceOptions {
  /** Seconds after which it ends where it is not renewed: 30 if absent. */
  readonly ttl?: number
  /** Called with what went wrong when it could not be renewed; it is tried again. */
  readonly onError?: (error: unknown) => void
}

interface Engaged {
  readonly user: string
  readonly reaction: string
}

const TTL_SECONDS = 30
/** It is renewed so often within its time that some may fail. */
const RENEWALS = 3

export class Presence {
  readonly #reactions: Reactions
  readonly #engaged: Engaged
  readonly #options: PresenceOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #renewing: Promise<void> | undefined
  #isOver = false

  private constructor(reactions: Reactions, engaged: Engaged, options: PresenceOptions) {
    this.#reactions = reactions
    this.#engaged = engaged
    this.#options = options
  }

  static async begin(reactions: Reactions, engaged: Engaged, options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(reactions, engaged, options)
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
    await this.#reactions.remove(this.#engaged.user, this.#engaged.reaction)
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
    const { user, reaction } = this.#engaged
    await this.#reactions.add(user, reaction, { ttl: this.#ttl, timeoutMs: this.#ttl * 1000 })
  }
}
