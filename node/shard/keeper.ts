/** Whoever keeps, or has to know of, what is applied to this memory before it is acknowledged. */
import type { KeyCommand } from '../../shared/command.ts'
import type { LarderError } from '../../shared/errors.ts'
import type { Eventual } from '../../shared/eventual.ts'
import type { Change } from '../entries/entry.ts'

export interface Keeper {
  /** Why it cannot take what this command would change: then nothing is applied. */
  refusalOf(command: KeyCommand): LarderError | undefined
  /** Takes in what was applied, in its order. Never throws: it is applied already. */
  note(change: Change): void
  /**
   * Those of the noted changes that could not be made as safe as an acknowledgement promises: at once where there is
   * nothing to wait for, otherwise once all has been tried.
   */
  saved(changes: readonly Change[]): Eventual<ReadonlySet<Change>>
}
