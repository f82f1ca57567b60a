/** Comparison of credentials in a time that tells nothing about them. */
import { createHash, timingSafeEqual } from 'node:crypto'

export class Secrets {
  readonly #digests: readonly Buffer[]

  /** No secrets at all means that everyone is let in. */
  constructor(secrets: readonly string[]) {
    this.#digests = secrets.map(digest)
  }

  /** Whether what was offered is one of them. Every one is compared, in constant time. */
  accept(offered: string | undefined): boolean {
    if (this.#digests.length === 0) return true
    if (offered === undefined) return false
    const candidate = digest(offered)
    return this.#digests.map((known) => timingSafeEqual(known, candidate)).includes(true)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/**
 * How a member shows itself to another, and to uplink: with the first of the cluster's secrets. The others it only takes, so
 * that each can be replaced while members know different ones.
 */
export function bearer([secret]: readonly string[]): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` }
}
