/**
 * Commands that go to a member beside the batches of others, each for itself, as they would hold these up: what takes
 * long, as a fetch does, and what is large. Of the latter those on one key stay in order, with whatever else is about it.
 */
import { type Clock, inTime } from '../../../shared/clock.ts'
import type { Command, Reply } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import type { Eventual } from '../../../shared/eventual.ts'
import type { RoutedCommand } from '../wire/calls.ts'

/** What waits for one member; beyond it is refused at once. */
const WAITING_MAX = 1000
/** What has more bytes, or as many characters, holds up a batch. */
export const LARGE_BYTES = 2 ** 20
/** As upstream does, or slots that are on their way, or as there is much to look through. */
const TAKES_LONG: ReadonlySet<Command['type']> = new Set([
  'response.fetch',
  'responses.clear',
  'keys.scan',
  'keys.forget',
])

export type Sent = Pick<RoutedCommand, 'command' | 'requestId' | 'traced'> & {
  readonly deadlineAtMs: number
  /** Its answer was too large for a batch. */
  isDeferred?: boolean
}

export interface BesideOptions {
  readonly clock: Clock
  /** Its reply, or what the member has against it. */
  send(sent: Sent): Promise<Reply | LarderError | undefined>
  /** What comes of the last command on a key that is in a batch, or waits for one. */
  lastOf(key: string): Promise<unknown>
}

export class Beside {
  readonly #options: BesideOptions
  readonly #waiting = new Set<Promise<unknown>>()
  /** The last large command on each key. */
  readonly #large = new Map<string, Promise<void>>()

  constructor(options: BesideOptions) {
    this.#options = options
  }

  /** When what is large on the key of a command is through; `undefined` where there is nothing. */
  before(command: Command): Eventual<void> {
    if (this.#large.size === 0 || !('key' in command)) return undefined
    return this.#large.get(command.key)
  }

  /** After all that was said before on its key. @throws LarderError as `send`. */
  sendInOrder(sent: Sent & { readonly command: Command & { readonly key: string } }): Promise<Reply> {
    const { key } = sent.command
    const before = Promise.allSettled([this.#large.get(key), this.#options.lastOf(key)])
    const sending = before.then(() => this.send(sent))
    const over = sending
      .catch(() => {}) // Whoever has asked is told.
      .then(() => {
        if (this.#large.get(key) === over) this.#large.delete(key)
      })
    this.#large.set(key, over)
    return sending
  }

  /** @throws LarderError OVERLOADED, UNREACHABLE after the deadline, or what the member has against it. */
  async send(sent: Sent): Promise<Reply> {
    if (this.#waiting.size >= WAITING_MAX)
      throw new LarderError('OVERLOADED', `${WAITING_MAX} commands wait for this member beside its batches.`)
    const sending = this.#sendInTime(sent)
    this.#waiting.add(sending)
    try {
      const reply = await sending
      if (reply === undefined) throw new LarderError('UNREACHABLE', 'It answered nothing.')
      if (reply instanceof LarderError) throw reply
      return reply
    } finally {
      this.#waiting.delete(sending)
    }
  }

  /** Resolves once all that is under way has its answer, or its deadline. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#waiting)
  }

  #sendInTime(sent: Sent): Promise<Reply | LarderError | undefined> {
    const { clock, send } = this.#options
    const timeoutMs = Math.max(0, sent.deadlineAtMs - clock.now())
    const late = new LarderError('UNREACHABLE', 'The owner of this key did not answer in time.')
    return inTime(send(sent), { clock, timeoutMs, late })
  }
}

/** Whether a batch, which is answered as a whole, would have to wait for it. */
export function takesLong({ type }: Command): boolean {
  return TAKES_LONG.has(type)
}

/** Whether it carries so much that it would hold up a batch. */
export function isLarge(command: Command): command is Extract<Command, { readonly body: unknown }> {
  return 'body' in command && command.body.length > LARGE_BYTES
}
