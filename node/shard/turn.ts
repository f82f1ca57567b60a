/**
 * What a command leads to, before anything of it is kept: of commands that go together all, or nothing. None of those sees what
 * the ones before it have changed, which is why no two of them change one key.
 */
import type { KeyCommand, Outcome, SingleCommand } from '../../shared/command.ts'
import { slotOf } from '../../shared/placement.ts'
import { wrongOwner } from '../engine.ts'
import { apply, type SlotEntry } from '../entries/entry.ts'
import type { Moment } from '../entries/verbs.ts'
import type { Memory } from '../memory/memory.ts'
import type { Room } from './room.ts'

export interface TurnOptions {
  readonly memory: Memory
  readonly room: Room
  readonly holdings: { isHere(slot: number): boolean }
  moment(slot: number): Moment
}

interface Led {
  readonly outcome: Outcome
  /** To be kept, in the turn in which they were found. */
  readonly changes: readonly SlotEntry[]
}

/** @throws LarderError where it, or one of them, cannot be carried out here; nothing has changed then. */
export function lead(slot: number, command: KeyCommand, options: TurnOptions): Led {
  if (command.type !== 'together') return leadOne(slot, command, options)
  const outcomes: Outcome[] = []
  const changes: SlotEntry[] = []
  for (const one of command.commands) {
    const led = leadOne(slotOf(one.key), one, options)
    outcomes.push(led.outcome)
    if (led.outcome.type === 'mismatch')
      return { outcome: { type: 'together', outcomes, isDone: false }, changes: [] }
    changes.push(...led.changes)
  }
  return { outcome: { type: 'together', outcomes, isDone: true }, changes }
}

function leadOne(slot: number, command: SingleCommand, options: TurnOptions): Led {
  const { memory, holdings, room } = options
  // The slot may have changed its owner while the write waited.
  if (!holdings.isHere(slot)) throw wrongOwner()
  const moment = options.moment(slot)
  const applied = apply(command, memory.entriesOf(slot, moment), moment)
  const changes = room.for(slot, command, applied).map((change) => ({ slot, ...change }))
  return { outcome: applied.outcome, changes }
}
