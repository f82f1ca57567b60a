/**
 * The receiving end of forwarding: commands enter the local engine, never the router, so nothing loops.
 *
 * When the sender has seen a newer view, that view is awaited first. What this member does not own even so, its
 * local engine refuses.
 */
import type { Clock } from '../../shared/clock.ts'
import { toLarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine } from '../engine.ts'
import type { Views } from './router.ts'
import type { ExecuteRequest, Result, RoutedCommand } from './wire.ts'

/** How long a receiver waits for the sender's view; more would only eat up the sender's deadline. */
const CATCH_UP_MAX_MS = 1000

export interface InboxOptions {
  readonly clock: Clock
  readonly log: Log
  readonly local: Engine
  readonly views: Views
}

export class Inbox {
  readonly #options: InboxOptions

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** One result a command, in their order. */
  async execute({ epoch, commands }: ExecuteRequest): Promise<Result[]> {
    const { clock, views } = this.#options
    if (epoch > (views.placed?.epoch ?? 0)) await views.after(epoch - 1, clock.now() + CATCH_UP_MAX_MS)
    return Promise.all(commands.map((command) => this.#executeOne(command)))
  }

  async #executeOne({ command, requestId, traced, remainingMs }: RoutedCommand): Promise<Result> {
    const { clock, log, local } = this.#options
    try {
      const reply = await local.execute(command, {
        requestId,
        traced,
        deadlineAtMs: clock.now() + remainingMs,
      })
      if (traced)
        log.info({ requestId, command: command.type, outcome: reply.type }, 'carried out for a peer')
      return { reply }
    } catch (thrown) {
      const error = toLarderError(thrown)
      const level = error.code === 'INTERNAL' ? 'error' : traced ? 'info' : 'debug'
      log[level]({ requestId, command: command.type, code: error.code, error: error.cause }, 'refused a peer')
      return { error: { code: error.code, detail: error.message } }
    }
  }
}
