/** What carries out commands of Redis, whichever way they come: over a dispatch, and with room for what they answer. */
import { audit } from '../../shared/audit.ts'
import type { Clock } from '../../shared/clock.ts'
import { LarderError } from '../../shared/errors.ts'
import type { InFlight } from '../../shared/in-flight.ts'
import type { Log } from '../../shared/log.ts'
import type { Dispatch } from '../dispatch.ts'
import { ReplyError } from './errors.ts'
import type { Execution } from './row.ts'

/** An answer of no more is told whatever else there is. */
const SMALL_BYTES = 16 * 1024

export interface ExecutionOptions extends Pick<Execution, 'admit' | 'server' | 'backend' | 'turns'> {
  readonly dispatch: Dispatch
  readonly clock: Clock
  readonly inFlight: InFlight
  readonly log: Log
}

export function createExecution(options: ExecutionOptions): Execution {
  const { dispatch, backend, clock, turns, inFlight, log, admit, server } = options
  return {
    dispatch,
    backend,
    wallMs: () => clock.wall(),
    turns,
    takeIn(bytes) {
      if (bytes > SMALL_BYTES && !inFlight.hasRoomFor(bytes, false)) throw inFlight.refuse('answer')
    },
    admit,
    onFailure(command, thrown) {
      if (thrown instanceof ReplyError || (thrown instanceof LarderError && thrown.code !== 'INTERNAL'))
        return
      log.error({ command, error: thrown }, 'a command of Redis failed')
    },
    audit({ id: requestId, session: { address } }, audited) {
      audit(log, { ...audited, address, requestId })
    },
    server,
  }
}
