/**
 * Keys and secrets that are wrong, by the address from which they come: the log tells when that begins and when it is over, the
 * metrics count every one, and whoever tries many waits ever longer for what comes of it.
 *
 *     a wrong one ─▶ within the first few ─▶ 401 at once
 *                       └─ beyond them ─▶ 401 when its turn comes, ten a second ─▶ too many wait already: 429
 *
 * A right one is let in at once whatever came before it, so that nobody shuts out others who come from the same address. Of IPv6
 * it is the network that counts (`networkOf`).
 */
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'
import { Trouble } from '../trouble.ts'
import { networkOf } from './network.ts'

/** So many are answered at once. */
const AT_ONCE = 20
/** And one more whenever this time has passed. */
const EACH_MS = 100
/** Longer none waits. */
const WAIT_MAX_MS = 5000
/** Nothing wrong for so long from an address, and it is over. */
const QUIET_MS = 10_000
const LOOK_EVERY_MS = 1000
/** Further addresses are taken together, for one. */
const ADDRESSES_MAX = 1000
const OTHERS = 'further addresses'

interface Guesser {
  readonly trouble: Trouble
  wrong: number
  lastAtMs: number
  /** When all of its guesses would have had their turns. */
  freeAtMs: number
}

export class Guesses {
  readonly #clock: Clock
  readonly #log: Log
  readonly #guessers = new Map<string, Guesser>()
  #timer: Timer | undefined

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  /** Of what is wrong there. @returns for how long its answer is to wait; `undefined` where too many do. */
  note(remoteAddress: string | undefined, of: 'key' | 'secret'): number | undefined {
    const nowMs = this.#clock.now()
    const network = networkOf(remoteAddress)
    const isKnown = this.#guessers.has(network) || this.#guessers.size < ADDRESSES_MAX
    const address = isKnown ? network : OTHERS
    const guesser = this.#guessers.get(address) ?? this.#newGuesser()
    this.#guessers.set(address, guesser)
    guesser.trouble.begin({ address, of })
    guesser.wrong++
    guesser.lastAtMs = nowMs
    this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look())
    const waitMs = Math.max(0, guesser.freeAtMs - nowMs - AT_ONCE * EACH_MS)
    if (waitMs > WAIT_MAX_MS) return undefined
    guesser.freeAtMs = Math.max(guesser.freeAtMs, nowMs) + EACH_MS
    return waitMs
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #newGuesser(): Guesser {
    const trouble = new Trouble(this.#log, {
      begins: 'somebody shows a wrong key or secret',
      ends: 'no wrong key or secret comes from there any more',
    })
    return { trouble, wrong: 0, lastAtMs: 0, freeAtMs: 0 }
  }

  #look(): void {
    const untilMs = this.#clock.now() - QUIET_MS
    for (const [address, { trouble, wrong, lastAtMs }] of this.#guessers) {
      if (lastAtMs > untilMs) continue
      trouble.end({ address, wrong })
      this.#guessers.delete(address)
    }
    const isOver = this.#guessers.size === 0
    this.#timer = isOver ? undefined : this.#clock.after(LOOK_EVERY_MS, () => this.#look())
  }
}
