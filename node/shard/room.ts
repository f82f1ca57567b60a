/**
 * Whether memory has room for what a command makes: what it has none for is refused, counted, and told in the log, once until
 * there is room again. Deletes are never refused: one of something that is not here, of which there is no room to
 * remember that it was asked for, leaves no trace.
 */
import { familyOfCommand, type KeyCommand } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import type { Log } from '../../shared/log.ts'
import { Trouble } from '../../shared/trouble.ts'
import type { AppliedCommand, EntryChange } from '../entries/entry.ts'
import type { Refused } from '../memory/memory.ts'

export interface RoomOptions {
  readonly log: Log
  readonly memory: {
    refusalOf(slot: number, changes: readonly EntryChange[]): Refused | undefined
    readonly books: { readonly bytesMax: number; readonly keptBytes: number }
  }
}

export class Room {
  /** How many commands were refused, by what they are about. */
  readonly refused = { value: 0, counter: 0, limit: 0, reactions: 0, response: 0 }
  readonly #memory: RoomOptions['memory']
  readonly #full: Trouble

  constructor({ log, memory }: RoomOptions) {
    this.#memory = memory
    this.#full = new Trouble(log, {
      begins: 'memory is full of what is never evicted: writes that need more are refused with MEMORY_FULL',
      ends: 'memory has room again',
    })
  }

  /** Those of the changes that are to be made. @throws LarderError MEMORY_FULL where there is no room for them. */
  for(slot: number, command: KeyCommand, { outcome, changes }: AppliedCommand): readonly EntryChange[] {
    const { books } = this.#memory
    const refused = this.#memory.refusalOf(slot, changes)
    if (refused === undefined) {
      // Not already where a few bytes were given back.
      if (this.#full.isOn && books.keptBytes < books.bytesMax * ROOMY) this.#full.end({})
      return changes
    }
    if (outcome.type === 'missing') return []
    this.refused[familyOfCommand(command)]++
    if (refused === 'kept') this.#full.begin({ keptBytes: books.keptBytes, bytesMax: books.bytesMax })
    throw new LarderError('MEMORY_FULL', `${REASONS[refused]} Nothing was applied.`)
  }
}

/** Memory has room again when what is kept takes less than this part of it. */
const ROOMY = 0.95

const REASONS: Readonly<Record<Refused, string>> = {
  kept: 'The member that owns this key holds as many counters, limits, reactions and their records as MAX_BYTES, or its heap, has room for.',
  value:
    'It would have to be evicted at once: the member that owns this key has no such room, MAX_BYTES, for it.',
}
