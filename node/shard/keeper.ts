/** Whoever keeps, or has to know of, what is applied to this memory; of several, the shards see one. */
import type { KeyCommand } from '../../shared/command.ts'
import type { LarderError } from '../../shared/errors.ts'
import { andThen, type Eventual, mapAll } from '../../shared/eventual.ts'
import type { Change } from '../entries/entry.ts'

export interface Keeper {
  /** Why it cannot take what this command would change: then nothing is applied. */
  refusalOf(command: KeyCommand): LarderError | undefined
  /** Is over once it can take in more, or after a while: who writes waits rather than being refused. */
  room?(): Eventual<void>
  /** Takes in what was applied, in its order. Never throws: it is applied already. */
  note(change: Change): void
  /**
   * Those of the noted changes that could not be made as safe as an acknowledgement promises: at once where there is
   * nothing to wait for, otherwise once all has been tried.
   */
  saved(changes: readonly Change[]): Eventual<ReadonlySet<Change>>
}

/** As all of them, one after the other. What one of them refuses, or could not save, nobody has to keep. */
export function joinKeepers(keepers: readonly Keeper[]): Keeper {
  const [only, ...others] = keepers
  if (only !== undefined && others.length === 0) return only
  return {
    refusalOf(command) {
      for (const keeper of keepers) {
        const refusal = keeper.refusalOf(command)
        if (refusal !== undefined) return refusal
      }
      return undefined
    },
    room() {
      return andThen(
        mapAll(keepers, (keeper) => keeper.room?.()),
        () => {},
      )
    },
    note(change) {
      for (const keeper of keepers) keeper.note(change)
    },
    saved(changes) {
      return andThen(
        mapAll(keepers, (keeper) => keeper.saved(changes)),
        unionOf,
      )
    },
  }
}

/** The same, with somebody who is told of every change as well and has no say in it. */
export function alsoTelling(keeper: Keeper, listener: Pick<Keeper, 'note'>): Keeper {
  return {
    refusalOf: (command) => keeper.refusalOf(command),
    room: () => keeper.room?.(),
    note(change) {
      keeper.note(change)
      listener.note(change)
    },
    saved: (changes) => keeper.saved(changes),
  }
}

function unionOf(sets: readonly ReadonlySet<Change>[]): ReadonlySet<Change> {
  return new Set(sets.flatMap((set) => [...set]))
}
