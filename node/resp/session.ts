/** What one connection has said of itself: with which key it came, what it is called, which version it speaks. */

import type { Keys } from '../../shared/keys.ts'
import { EVERYTHING, NOTHING, type Rights } from '../../shared/rights.ts'
import type { Caller } from '../dispatch.ts'

/** What keys are good for. */
type Credentials = Pick<Keys, 'areNeeded' | 'rightsOf' | 'generation'>

export interface SessionOptions {
  readonly id: number
  readonly keys: Credentials
  /** From where it comes, and where to. */
  readonly address: string
  readonly localAddress: string
  readonly startedAtMs: number
}

/** Of a key, what it was good for when it was looked up last. */
interface Shown {
  readonly key: string
  readonly rights: Rights | undefined
  readonly generation: number
}

export class Session {
  readonly id: number
  readonly address: string
  readonly localAddress: string
  readonly startedAtMs: number
  name = ''
  library = { name: '', version: '' }
  /** 2 or 3. */
  version: 2 | 3 = 2
  /** What it has asked last, and when. */
  command = 'NULL'
  askedAtMs: number
  /** Whether it is to end once all is answered. */
  isLeaving = false
  /** The request that all of it is for, where it came in one. */
  request: Caller | undefined
  readonly #keys: Credentials
  #shown: Shown | undefined

  /** Of a request that has been let in already. */
  static of(request: Caller, address: string): Session {
    const keys = { areNeeded: true, rightsOf: () => request.rights, generation: 0 }
    const session = new Session({ id: 0, keys, address, localAddress: '', startedAtMs: 0 })
    session.request = request
    session.show('')
    return session
  }

  constructor({ id, keys, address, localAddress, startedAtMs }: SessionOptions) {
    this.id = id
    this.#keys = keys
    this.address = address
    this.localAddress = localAddress
    this.startedAtMs = startedAtMs
    this.askedAtMs = startedAtMs
  }

  get isLetIn(): boolean {
    return !this.#keys.areNeeded || this.#known !== undefined
  }

  get rights(): Rights {
    return this.#known ?? (this.#keys.areNeeded ? NOTHING : EVERYTHING)
  }

  get areKeysNeeded(): boolean {
    return this.#keys.areNeeded
  }

  /** Keys may be taken away, and become good for something else, while the connection stays. */
  get #known(): Rights | undefined {
    if (this.#shown === undefined) return undefined
    if (this.#shown.generation !== this.#keys.generation) this.#look(this.#shown.key)
    return this.#shown.rights
  }

  /** Whether it is one, and of this user where one is named. */
  show(key: string, user?: string): boolean {
    const rights = this.#keys.rightsOf(key)
    const isOf = user === undefined || user === 'default' || user === rights?.name
    if (rights === undefined || !isOf) return false
    this.#look(key)
    return true
  }

  /** As if it had just come. */
  reset(): void {
    this.#shown = undefined
    this.name = ''
    this.version = 2
  }

  #look(key: string): void {
    this.#shown = { key, rights: this.#keys.rightsOf(key), generation: this.#keys.generation }
  }
}
