/** How every route hands a command on: with its deadline, and the id that follows it. */
import type { Clock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import type { HttpRequest } from '../../shared/http/request.ts'
import type { Engine } from '../engine.ts'

/** The reply, at once where it is at hand. `waitMs` is for what may take longer than a member is waited for. */
export type Dispatch = (request: HttpRequest, command: Command, waitMs?: number) => Reply | Promise<Reply>

export function createDispatch(engine: Engine, clock: Clock, timeoutMs: number): Dispatch {
  return (request, command, waitMs) => {
    const reply = engine.readNow?.(command)
    if (reply !== undefined) return reply
    if (waitMs !== undefined) request.deadlineAtMs = clock.now() + waitMs
    // One deadline a request, however many commands it takes, one after the other.
    request.deadlineAtMs ??= clock.now() + timeoutMs
    const { deadlineAtMs, id: requestId, traced } = request
    return engine.execute(command, { deadlineAtMs, requestId, traced })
  }
}
