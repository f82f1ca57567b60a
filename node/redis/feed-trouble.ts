/** What goes wrong where the engine is to say what has changed: each time is counted, and the log tells when it begins and is over. */
import { messageOf } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import { Trouble } from '../../shared/trouble.ts'

const TEXTS = {
  find: {
    begins: 'it is not known which primaries tell of changes',
    ends: 'it is known again which primaries tell of changes',
  },
  reach: {
    begins: 'a primary of the engine tells of no changes',
    ends: 'a primary of the engine tells of changes again',
  },
  changes: {
    begins: 'a primary of the engine does not say what has changed',
    ends: 'a primary of the engine says again what has changed',
  },
  ends: {
    begins: 'what has ended by itself is told later',
    ends: 'what has ended by itself is told in time again',
  },
} as const

/** Servers come and go: beyond so many what goes wrong may be told as if it began. */
const AT_ONCE_MAX = 1000

export type FeedTask = keyof typeof TEXTS

export interface FeedTroubleOptions {
  readonly log: Log
  /** Told of each time. */
  onFailed(task: FeedTask): void
}

export interface Circumstances {
  /** Of the primary that is asked, if it is one. */
  readonly address?: string
  /** Whether nobody needs it any more, so that it may fail. */
  isInVain(): boolean
}

export class FeedTrouble {
  readonly #options: FeedTroubleOptions
  /** What goes wrong now. */
  readonly #all = new Map<string, Trouble>()

  constructor(options: FeedTroubleOptions) {
    this.#options = options
  }

  /** @returns what comes of it. @throws what it throws. */
  async watch<T>(task: FeedTask, doing: Promise<T>, { address, isInVain }: Circumstances): Promise<T> {
    const { log, onFailed } = this.#options
    const name = `${task} ${address}`
    try {
      const done = await doing
      this.#all.get(name)?.end({ address })
      this.#all.delete(name)
      return done
    } catch (error) {
      if (isInVain()) throw error
      const trouble = this.#all.get(name) ?? new Trouble(log, TEXTS[task])
      if (this.#all.size >= AT_ONCE_MAX) this.#all.clear()
      this.#all.set(name, trouble)
      trouble.begin({ address, trouble: messageOf(error) })
      onFailed(task)
      throw error
    }
  }

  /** Nobody watches any more. */
  clear(): void {
    this.#all.clear()
  }
}
