/**
 * Everything that can carry out a command is an Engine: the shards of this process, another member, the
 * router that chooses between them. So they nest, and nothing above an engine knows which one it has.
 */
import type { Command, Reply } from '../shared/command.ts'
import { LarderError } from '../shared/errors.ts'
import type { Eventual } from '../shared/eventual.ts'

/**
 * What goes with a command. Each may be worked out only when it is asked for, which most reads never do: so these are
 * read one by one where they are needed, and never copied as a whole.
 */
export interface ExecuteOptions {
  /** After this the caller no longer waits, and gets UNREACHABLE. */
  readonly deadlineAtMs: number
  /** Follows the command to the member that carries it out. */
  readonly requestId: string
  /** The caller asked to see its request in the logs. */
  readonly traced: boolean
  /** Told where fewer replicas than are waited for have what was written. */
  lacksReplicas?(replicas: number): void
}

export interface Engine {
  /**
   * The reply: in this very turn to a read of what is here and cannot be lost any more, otherwise later.
   * @throws LarderError, at once or as a rejection, when the command was not, or not surely, carried out.
   */
  execute(command: Command, options: ExecuteOptions): Eventual<Reply>
}

/** Nothing was applied: the command may be routed again. */
export function wrongOwner(): LarderError {
  return new LarderError('WRONG_OWNER', 'The member that was asked does not own this key, or no longer.')
}
