/**
 * The receiving end of forwarding: commands enter the local engine, never the router, so nothing loops.
 *
 * When the sender has seen a newer view, that view is awaited first. What this member does not own even so, its
 * local engine refuses.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Reply } from '../../shared/command.ts'
import { toLarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine } from '../engine.ts'
import type { CatchUp } from './members/catch-up.ts'
import type { ExecuteRequest, ExecuteResponse, RoutedCommand } from './wire/execute.ts'
import type { Result } from './wire/reply.ts'

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
  async execute({ commands, ...preamble }: ExecuteRequest): Promise<ExecuteResponse> {
    const { clock, catchUp } = this.#options
    const receivedAtMs = clock.now()
    await catchUp.to(preamble)
    const begun = commands.map((command) => this.#begin(command, receivedAtMs))
    const results = begun.some((one) => one instanceof Promise) ? await Promise.all(begun) : begun
    return { ...catchUp.preambleFor(preamble.epoch), results: results as Result[] }
  }

  /** No promise where the result is there at once. */
  #begin(routed: RoutedCommand, receivedAtMs: number): Result | Promise<Result> {
    const { command, requestId, traced, remainingMs } = routed
    const { local } = this.#options
    try {
      const reply = local.readNow?.(command)
      if (reply !== undefined) return this.#answer(reply, routed)
    } catch (thrown) {
      return this.#refuse(thrown, routed)
    }
    const deadlineAtMs = receivedAtMs + remainingMs
    return local.execute(command, { requestId, traced, deadlineAtMs }).then(
      (reply) => this.#answer(reply, routed),
      (thrown) => this.#refuse(thrown, routed),
    )
  }

  #answer(reply: Reply, { command, requestId, traced }: RoutedCommand): Result {
    if (traced)
      this.#options.log.info(
        { requestId, command: command.type, outcome: reply.type },
        'carried out for a peer',
      )
    return { reply }
  }

  #refuse(thrown: unknown, { command, requestId, traced }: RoutedCommand): Result {
    const error = toLarderError(thrown)
    const level = error.code === 'INTERNAL' ? 'error' : traced ? 'info' : 'debug'
    const { code, cause, message: detail } = error
    this.#options.log[level]({ requestId, command: command.type, code, error: cause }, 'refused a peer')
    return { error: { code, detail } }
  }
}
