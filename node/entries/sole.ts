/**
 * A key as the one thing that it is: a value, a counter, or a set, which is the users of a content who show MEMBERSHIP. What is
 * asked of one is refused where there is another; what is told, ended or deleted is whatever is there; and what is stored takes
 * the place of it. Where callers who know of both have put both there, the value stands.
 */
import type { CommandOf, SingleCommand } from '../../shared/command.ts'
import { LarderError } from '../../shared/errors.ts'
import { MEMBERSHIP, type Sole } from '../../shared/reaction-command.ts'
import { fits } from './ends.ts'
import { idOf } from './families.ts'
import type { Entry } from './kinds.ts'
import { describeSet, endOfSet, type MemberSet, setIn, stampOfSet } from './member-set.ts'
import { Reactions } from './reactions.ts'
import { endOf, failedCondition } from './register.ts'
import type { Applied, Moment } from './verbs.ts'

export type SoleCommand = SingleCommand & Sole

interface AppliedCommand {
  readonly outcome: Applied<Entry>['outcome']
  readonly changes: readonly { readonly id: string; readonly entry: Entry }[]
}

interface Alone {
  readonly moment: Moment
  get(id: string): Entry | undefined
  /** Carries a command out as if there could be nothing else. */
  beside(command: SingleCommand): AppliedCommand
}

/** Asked with every command. */
export function isOfSole(command: SoleCommand): boolean {
  return command.isSole === true
}

/** @throws LarderError WRONG_TYPE, and as the command does. */
export function applyAlone(command: SoleCommand, alone: Alone): AppliedCommand {
  switch (command.type) {
    case 'value.get':
    case 'counter.add':
      return ofValue(command, alone)
    case 'value.set':
      return ofWhatever(command, alone, () =>
        without(alone.beside(unconditional(command)), command.key, alone),
      )
    case 'value.describe':
      return ofWhatever(command, alone, (set) => ({
        outcome: { type: 'description', stamp: stampOfSet(set), ...describeSet(set, alone.moment) },
        changes: [],
      }))
    case 'value.touch':
      return ofWhatever(command, alone, (set) => touched(set, command, alone.moment))
    case 'value.delete':
      return ofWhatever(command, alone, (set) => emptied(set, command.key, alone))
    case 'reaction.change':
      return ofMembers(command, alone)
    default:
      if (hasValue(command.key, alone)) throw wrongType()
      return alone.beside(command)
  }
}

/** Whether it is there is asked first where nothing else is likely. */
function ofValue(command: SingleCommand, alone: Alone): AppliedCommand {
  if (setUnder(command.key, alone) !== undefined && !hasValue(command.key, alone)) throw wrongType()
  return alone.beside(command)
}

type Conditional = CommandOf<'value.set' | 'value.describe' | 'value.touch' | 'value.delete'>

/** Of a value as ever; `ofSet` is what becomes of a set. */
function ofWhatever(
  command: Conditional,
  alone: Alone,
  ofSet: (set: MemberSet) => AppliedCommand,
): AppliedCommand {
  const set = setUnder(command.key, alone)
  if (set === undefined) return alone.beside(command)
  if (hasValue(command.key, alone)) {
    const applied = alone.beside(command)
    const { type } = applied.outcome
    if (command.type === 'value.delete' && type === 'deleted') {
      const { outcome, changes } = emptied(set, command.key, alone)
      return { outcome, changes: [...applied.changes, ...changes] }
    }
    return command.type === 'value.set' && type === 'stored' ? without(applied, command.key, alone) : applied
  }
  const stamp = stampOfSet(set)
  const failed = failedCondition(command.condition, stamp)
  return failed === undefined ? ofSet(set) : { outcome: { type: 'mismatch', failed, stamp }, changes: [] }
}

/** In place of whatever there is, or only of nothing, or beside those who are there. */
function ofMembers(command: CommandOf<'reaction.change'>, alone: Alone): AppliedCommand {
  if (!hasValue(command.key, alone)) return alone.beside(command)
  if (command.isNew === true) return { outcome: { type: 'mismatch', failed: 'ifNoneMatch' }, changes: [] }
  if (command.isReplaced !== true) throw wrongType()
  const { changes } = alone.beside({ type: 'value.delete', key: command.key })
  const applied = alone.beside(command)
  return { outcome: applied.outcome, changes: [...changes, ...applied.changes] }
}

function setUnder(key: string, { get, moment }: Alone): MemberSet | undefined {
  return setIn(get(idOf.reactions(key)), moment.nowMs)
}

function hasValue(key: string, { beside }: Alone): boolean {
  return beside({ type: 'value.describe', key }).outcome.type === 'description'
}

/** Of those in a set so many go, or end, in one turn: a millisecond or two. */
const SOME = 250

/** Nobody is in the set any more, or fewer, where there are very many. */
function emptied(set: MemberSet, key: string, { beside }: Alone): AppliedCommand {
  const go = [...Iterator.from(set.usersOf(MEMBERSHIP)).take(SOME)]
  const isPart = set.countOf(MEMBERSHIP) > go.length
  const { changes } = beside({ type: 'reaction.change', key, reaction: MEMBERSHIP, come: [], go })
  return { outcome: { type: 'deleted', ...(isPart && { isPart }) }, changes }
}

/** What is done, and nobody is in the set any more. @throws LarderError TOO_LARGE. */
function without({ outcome, changes }: AppliedCommand, key: string, { beside }: Alone): AppliedCommand {
  const empty = {
    type: 'reaction.change',
    key,
    reaction: MEMBERSHIP,
    come: [],
    go: [],
    isReplaced: true,
  } as const
  return { outcome, changes: [...changes, ...beside(empty).changes] }
}

function unconditional({ condition: _, ...command }: CommandOf<'value.set'>): CommandOf<'value.set'> {
  return command
}

/** All of them end together from now on, or none does; of very many some at a time. */
function touched(
  set: MemberSet,
  { key, ttlMs, only = [], after }: CommandOf<'value.touch'>,
  moment: Moment,
): AppliedCommand {
  const [endsAtMs, stamp] = [endOf(ttlMs, moment), stampOfSet(set)]
  if (!fits(only, { endsAtMs: endOfSet(set) }, endsAtMs))
    return { outcome: { type: 'mismatch', failed: 'ifMatch', stamp }, changes: [] }
  const { time } = moment.stamp()
  const one = { reaction: MEMBERSHIP, time, endsAtMs, isGone: false }
  const [...users] = Iterator.from(set.usersOf(MEMBERSHIP, after)).take(SOME + 1)
  const isPart = users.length > SOME
  if (isPart) users.pop()
  const upTo = isPart ? users.at(-1) : undefined
  const entry = Reactions.ofAll(users.map((user) => ({ ...one, user })))
  return {
    outcome: { type: 'stored', stamp, created: false, ...(upTo !== undefined && { upTo }) },
    changes: [{ id: idOf.reactions(key), entry }],
  }
}

function wrongType(): LarderError {
  return new LarderError('WRONG_TYPE', 'The key holds something of another type; it stays as it was.')
}
