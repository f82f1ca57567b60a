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
import type { CatchUp } from './catch-up.ts'
import type { ExecuteRequest, ExecuteResponse, Result, RoutedCommand } from './wire.ts'

export interface InboxOptions {
  readonly clock: Clock
  readonly log: Log
  readonly local: Engine
  readonly catchUp: CatchUp
}

export class Inbox {
  readonly #options: InboxOptions

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** One result a command, in their order; with the view of this member, where the sender's is older. */
  async execute({ commands, ...sighting }: ExecuteRequest): Promise<ExecuteResponse> {
    const { clock, catchUp } = this.#options
    const receivedAtMs = clock.now()
    await catchUp.to(sighting)
    const results = await Promise.all(commands.map((command) => this.#executeOne(command, receivedAtMs)))
    return { ...catchUp.sightingFor(sighting.epoch), results }
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
