/** What goes wrong in the engine, or on the way to it, as callers are told of it. */
import { LarderError, messageOf } from '../../shared/errors.ts'

/** By what its answers begin with, or have in them where a script has met with it. */
const ANSWERS: readonly (readonly [RegExp, (cause: unknown) => LarderError])[] = [
  [
    /\bOOM command not allowed/,
    (cause) => new LarderError('MEMORY_FULL', 'The memory of the engine is full.', { cause }),
  ],
  [/^BUSY /, (cause) => new LarderError('OVERLOADED', 'The engine is held up by a script.', { cause })],
  [
    /^(?:NOAUTH|WRONGPASS|NOPERM) /,
    (cause) => new LarderError('UNREACHABLE', 'The engine does not let this node in.', { cause }),
  ],
  [
    /^(?:LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|MOVED|ASK|TRYAGAIN|UNKILLABLE) /,
    (cause) => new LarderError('UNREACHABLE', 'The engine cannot serve this key now.', { cause }),
  ],
  [
    /Too many Cluster redirections|Connection is closed|isn't writeable|Cluster is ended|Failed to refresh slots cache|ECONN|None of startup nodes|Reached the max retries/,
    (cause) => new LarderError('UNREACHABLE', 'The engine is out of reach.', { cause }),
  ],
]

/** What was thrown by the client, as an error with an answer; what was not foreseen is a fault of this code. */
export function engineError(thrown: unknown): LarderError {
  if (thrown instanceof LarderError) return thrown
  const message = messageOf(thrown)
  const [, make] = ANSWERS.find(([pattern]) => pattern.test(message)) ?? []
  if (make !== undefined) return make(thrown)
  return new LarderError('INTERNAL', 'The engine has refused a command: the log has the details.', {
    cause: thrown,
  })
}

export const LATE = 'The engine does not answer in time.'
