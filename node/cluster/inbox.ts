/**
 * The receiving end of forwarding: commands enter the local engine, never the router, so nothing loops.
 *
 * When the sender has seen a newer view, that view is awaited first. What this member does not own even so, its
 * local engine refuses.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import { toLarderError } from '../../shared/errors.ts'
import { type Eventual, isLater, mapAll } from '../../shared/eventual.ts'
import type { Log } from '../../shared/log.ts'
import type { Engine, ExecuteOptions } from '../engine.ts'
import type { CatchUp } from './members/members.ts'
import type { ExecuteRequest, ExecuteResponse, Preamble, Result, RoutedCommand } from './wire/calls.ts'

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
    const results = await mapAll(commands, (command) => this.#begin(command, preamble, receivedAtMs))
    return { ...catchUp.preambleFor(preamble), results }
  }

  #begin(routed: RoutedCommand, preamble: Preamble, receivedAtMs: number): Eventual<Result> {
    const { command, requestId, traced, remainingMs } = routed
    const options = { requestId, traced, deadlineAtMs: receivedAtMs + remainingMs }
    try {
      const { local } = this.#options
      const reply = isOfAll(command)
        ? this.#executeOfAll(command, preamble, options)
        : local.execute(command, options)
      return isLater(reply) ? this.#later(reply, routed) : this.#answer(reply, routed)
    } catch (thrown) {
      return this.#refuse(thrown, routed)
    }
  }

  async #executeOfAll(command: Command, preamble: Preamble, options: ExecuteOptions): Promise<Reply> {
    const { catchUp, local } = this.#options
    await catchUp.surelyTo(preamble, options.deadlineAtMs)
    return await local.execute(command, options)
  }

  /** Apart, so that what is answered at once makes no functions ready. */
  #later(reply: Promise<Reply>, routed: RoutedCommand): Promise<Result> {
    return reply.then(
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

/** Each member for what it owns, without being told which slots that is. */
function isOfAll({ type }: Command): boolean {
  return type === 'activity' || type === 'responses.clear'
}
