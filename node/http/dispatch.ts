/** How every route hands a command on: with its deadline, and the id that follows it. */
import type { Clock } from '../../shared/clock.ts'
import type { Command, Reply } from '../../shared/command.ts'
import type { Context } from '../../shared/route.ts'
import type { Engine } from '../engine.ts'

/** `waitMs` is for what may take longer than a member is waited for. */
export type Dispatch = (context: Context, command: Command, waitMs?: number) => Promise<Reply>

export function createDispatch(engine: Engine, clock: Clock, timeoutMs: number): Dispatch {
  return ({ state }, command, waitMs) => {
    if (waitMs !== undefined) state['deadlineAtMs'] = clock.now() + waitMs
    // One deadline a request, however many commands it takes, one after the other.
    const deadlineAtMs: number = state['deadlineAtMs'] ?? clock.now() + timeoutMs
    state['deadlineAtMs'] = deadlineAtMs
    return engine.execute(command, { deadlineAtMs, requestId: state['requestId'], traced: state['traced'] })
  }
}
