/**
 * Where a node has it noted what its calls change, in a cluster: in the stream of the primary that carries a call out, which is
 * the one in the first slot that it has. Where that slot goes to another primary and comes back before those who watch
 * have looked, nobody has read the stream that stood in for it meanwhile. So each time that a node sees another stream
 * in the place of one it says that something was not noted, once all is carried out that was on its way by then.
 */
import type { Clock, Timer } from '../../shared/clock.ts'
import { feedOf } from './feeds.ts'
import { slotIn } from './places.ts'
import type { Argument } from './scripts.ts'

/** After this nobody knows any more which primary has what. */
const STALE_MS = 5000
/** What is on its way is carried out by then. */
const UNDER_WAY_MS = 200

export interface NotingOptions {
  readonly clock: Clock
  /** The address of the primary that has a slot of Larder. */
  ownerOf(slot: number): string
  /** Says that something was not noted. */
  onUnnoted(): void
}

export class Noting {
  readonly #options: NotingOptions
  /** By the address of their primary, as they were seen last. */
  readonly #feeds = new Map<string, string>()
  #foundAtMs: number
  #saying: Timer | undefined

  constructor(options: NotingOptions) {
    this.#options = options
    this.#foundAtMs = options.clock.now()
  }

  /** The stream for a call; '' where that is not known. */
  feedFor([first, second]: readonly Argument[]): string {
    const { clock, ownerOf } = this.#options
    if (clock.now() - this.#foundAtMs > STALE_MS) return ''
    const key = typeof first === 'number' ? second : first
    return this.#see(ownerOf(slotIn(String(key))))
  }

  /** It is known anew which primary has what. */
  refresh(): void {
    this.#foundAtMs = this.#options.clock.now()
    for (const address of this.#feeds.keys()) if (this.#see(address) === '') this.#feeds.delete(address)
  }

  close(): void {
    this.#saying?.cancel()
  }

  #see(address: string): string {
    const feed = feedOf(address, this.#options.ownerOf)
    const before = this.#feeds.get(address)
    if (before === feed) return feed
    this.#feeds.set(address, feed)
    if (before !== undefined) this.#sayLater()
    return feed
  }

  #sayLater(): void {
    const { clock, onUnnoted } = this.#options
    this.#saying?.cancel()
    this.#saying = clock.after(UNDER_WAY_MS, onUnnoted)
  }
}
