/**
 * The receiving end of forwarding: commands enter the local engine, never the router, so nothing loops.
 *
 * When the sender has seen a newer view, that view is awaited first. What this member does not own even so, its
 * local engine refuses.
 */
import type { Clock } from '../../shared/clock.ts'
import { toLarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { View } from '../../shared/view.ts'
import type { Engine } from '../engine.ts'
import type { Views } from './router.ts'
import type { ExecuteRequest, ExecuteResponse, Result, RoutedCommand } from './wire.ts'

/** How long a receiver waits for the sender's view; more would only eat up the sender's deadline. */
const CATCH_UP_MAX_MS = 500

export interface InboxOptions {
  readonly clock: Clock
  readonly log: Log
  readonly local: Engine
  readonly views: Views & { learn(view: View): void }
}

export class Inbox {
  readonly #options: InboxOptions
  /** The latest epoch that was waited for, and the waiting; over, whether or not it came. */
  #awaited = 0
  #coming: Promise<unknown> = Promise.resolve()

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** One result a command, in their order; with the view of this member, where the sender's is older. */
  async execute({ epoch, view, commands }: ExecuteRequest): Promise<ExecuteResponse> {
    const { clock, views } = this.#options
    const receivedAtMs = clock.now()
    if (view !== undefined) views.learn(view)
    await this.#catchUp(epoch)
    const results = await Promise.all(commands.map((command) => this.#executeOne(command, receivedAtMs)))
    const own = views.placed?.view
    const hasMore = own !== undefined && own.epoch > epoch
    return { epoch: own?.epoch ?? 0, view: hasMore ? own : undefined, results }
  }

  /** Waits for the view of the sender, once: where uplink does not bring it, the sender shows it next time. */
  async #catchUp(epoch: number): Promise<void> {
    const { clock, views } = this.#options
    if (epoch <= (views.placed?.epoch ?? 0)) return
    if (epoch > this.#awaited) {
      this.#awaited = epoch
      this.#coming = views.after(epoch - 1, clock.now() + CATCH_UP_MAX_MS)
    }
    await this.#coming
  }

  async #executeOne(
    { command, requestId, traced, remainingMs }: RoutedCommand,
    receivedAtMs: number,
  ): Promise<Result> {
    const { log, local } = this.#options
    try {
      const reply = await local.execute(command, {
        requestId,
        traced,
        deadlineAtMs: receivedAtMs + remainingMs,
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
