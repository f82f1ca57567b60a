/**
 * The stored state of a key, and the two verbs on it.
 *
 * `apply` turns an intent into an outcome and changes; `merge` reconciles two copies of a state. A change is
 * itself a small state, so the one way to store it, here and on every other holder, is to merge it.
 * `merge` is commutative, associative and idempotent for every kind.
 */
import type { KeyCommand, SingleCommand, Stamp } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { remainsOfCounter } from './counter.ts'
import { EITHER, type Either, isEither, settled, standingOf } from './either.ts'
import { applyToReactions } from './engage.ts'
import { FAMILIES, familyOf, idOf } from './families.ts'
import { type Entry, type EntryOf, type Kind, verbsOf } from './kinds.ts'
import { applyToLimit, remainsOfLimit } from './limit.ts'
import { answerOf, recordOf } from './once.ts'
import { buryRegister, ended, type Present, type Register } from './register.ts'
import { applyToResponses } from './response.ts'
import { applyAlone, isOfSole } from './sole.ts'
import { applyToTotal, applyToValue } from './turning.ts'
import type { Applied, Due, Moment, Verbs } from './verbs.ts'

export { idOf } from './families.ts'
export type { Entry } from './kinds.ts'

/** What a write does to one entry: the state to be merged into every copy. */
export interface EntryChange {
  readonly id: string
  readonly entry: Entry
}

/** An entry, or a part of one, in its slot: what members tell each other. */
export interface SlotEntry extends EntryChange {
  readonly slot: number
}

/** Who keeps a change, beyond this memory, also learns what it has led to. */
export interface Change extends SlotEntry {
  /** The whole entry once the change is merged. */
  readonly state: Entry
}

/** Of an answer that is remembered: the counter that it is about. */
export function counterIdOf(id: string): string | undefined {
  return id.startsWith(FAMILIES.once.letter) ? idOf.key(id.slice(1, id.lastIndexOf('\0'))) : undefined
}

/** The entries of a slot. */
export interface Entries {
  get(id: string): Entry | undefined
  /** The ids of responses that begin so. */
  under(prefix: string): Iterable<string>
}

export interface AppliedCommand {
  readonly outcome: Applied<Entry>['outcome']
  /** Kept together, or not at all. */
  readonly changes: readonly EntryChange[]
}

/**
 * Carries out a command on the entries of its slot.
 * @throws LarderError when it cannot be carried out on this state; nothing has changed then.
 */
export function apply(command: SingleCommand, entries: Entries, moment: Moment): AppliedCommand {
  if (!isOfSole(command)) return applyBeside(command, entries, moment)
  return applyAlone(command, {
    moment,
    get: (id) => entries.get(id),
    beside: (one) => applyBeside(one, entries, moment),
  })
}

/** Whatever else the key names. */
function applyBeside(command: SingleCommand, entries: Entries, moment: Moment): AppliedCommand {
  const { key } = command
  const read = (id: string) => entries.get(id)
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
    case 'value.set':
    case 'value.touch':
    case 'value.delete': {
      const id = idOf.key(key)
      return toChanges(id, applyToValue(eitherOf(read(id)), command, moment))
    }
    case 'counter.add':
      return addOnce(command, read, moment)
    case 'counter.get':
    case 'counter.set':
    case 'counter.delete': {
      const id = idOf.key(key)
      return toChanges(id, applyToTotal(eitherOf(read(id)), command, moment))
    }
    case 'limit.take':
    case 'limit.delete': {
      const id = idOf.limit(key)
      return toChanges(id, applyToLimit(ofKind(read(id), 'limit'), command, moment))
    }
    case 'reaction.add':
    case 'reaction.remove':
    case 'reaction.count':
    case 'reaction.users':
    case 'reaction.change': {
      const id = idOf.reactions(key)
      return toChanges(id, applyToReactions(ofKind(read(id), 'reactions'), command, moment))
    }
    case 'response.get':
    case 'response.fetch':
    case 'response.put':
    case 'response.delete':
    case 'response.invalidate':
      return applyToResponses(
        { get: (id) => ofKind(read(id), 'register'), under: (prefix) => entries.under(prefix) },
        command,
        moment,
      )
    default:
      return assertNever(command)
  }
}

function addOnce(
  command: Extract<KeyCommand, { type: 'counter.add' }>,
  read: (id: string) => Entry | undefined,
  moment: Moment,
): AppliedCommand {
  const { key, idempotencyKey } = command
  const recordId = idempotencyKey === undefined ? undefined : idOf.once(key, idempotencyKey)
  const id = idOf.key(key)
  const either = eitherOf(read(id))
  const record = recordId === undefined ? undefined : ofKind(read(recordId), 'register')
  const outcome = answerOf(record, either, moment.nowMs)
  if (outcome !== undefined) return { outcome, changes: [] }
  const applied = applyToTotal(either, command, moment)
  const remembered = recordOf(command, applied, moment)
  const all = toChanges(id, applied)
  if (remembered === undefined || recordId === undefined) return all
  return { ...all, changes: [...all.changes, { id: recordId, entry: remembered }] }
}

function toChanges(id: string, { outcome, change }: Applied<Entry>): AppliedCommand {
  return { outcome, changes: change === undefined ? [] : [{ id, entry: change }] }
}

function ofKind<K extends Kind>(entry: Entry | undefined, kind: K): EntryOf[K] | undefined {
  if (entry !== undefined && entry.kind !== kind)
    throw new TypeError(`a ${entry.kind} where a ${kind} belongs`)
  return entry as EntryOf[K] | undefined
}

function eitherOf(entry: Entry | undefined): Either | undefined {
  if (entry === undefined || isEither(entry)) return entry
  throw new TypeError(`${entry.kind} where a value or a counter belongs`)
}

/** Two copies of one entry as one. The first is used up: the result may be built on it. */
export function merge(a: Entry, b: Entry): Entry {
  return verbsOfBoth(a, b).merge(a, b)
}

/** By how much merging the second into the first adds to what the memory budget may never claim. */
export function growthOf(known: Entry | undefined, change: Entry): number {
  return verbsOf(change).growth(known?.kind === change.kind ? known : undefined, change)
}

/** When it was written: later writes have to be later than that. */
export function timesOf(entry: Entry): Iterable<{ readonly time: number }> {
  return verbsOf(entry).times(entry)
}

/** The same as if it had been written at another time. */
export function restamped(entry: Entry, stamp: Stamp): Entry {
  return verbsOf(entry).restamped(entry, stamp)
}

/** Whether merging the second would change anything in the first that is worth telling. */
export function isNews(known: Entry | undefined, entry: Entry): boolean {
  return known === undefined || verbsOfBoth(known, entry).isNews(known, entry)
}

function verbsOfBoth(a: Entry, b: Entry): Pick<Verbs<Entry>, 'merge' | 'isNews'> {
  if (a.kind === b.kind) return verbsOf(a)
  if (isEither(a) && isEither(b)) return EITHER as Pick<Verbs<Entry>, 'merge' | 'isNews'>
  throw new TypeError(`a ${a.kind} and a ${b.kind} cannot be copies of one entry`)
}

/** When the entry has to be looked at again: something in it ends, or was remembered for long enough. */
export function dueAtMs(entry: Entry, tombstoneGraceMs: number): number {
  return verbsOf(entry).dueAtMs(entry, tombstoneGraceMs)
}

/** Whether it only remembers that there is nothing any more. */
export function isTombstone(entry: Entry): boolean {
  return verbsOf(entry).isTombstone(entry)
}

/** What is left of an entry that is due: of a value a tombstone, of an answer that was kept for a while nothing. */
export function remainsOf(id: string, entry: Entry, due: Due): Entry | undefined {
  if (entry.kind === 'counter') return remainsOfCounter(entry, due)
  if (entry.kind === 'turned') return settled(entry, due)
  if (entry.kind === 'limit') return remainsOfLimit(entry, due)
  if (entry.kind !== 'register') return undefined
  if (entry.value !== undefined) return familyOf(id, entry).leavesTombstone ? buryRegister(entry) : undefined
  return due.isKept ? ended(entry, due.nowMs) : undefined
}

/** Asked with every read, and so as cheap as can be. */
const VALUE = FAMILIES.value.letter.charCodeAt(0)
const RESPONSE = FAMILIES.response.letter.charCodeAt(0)
const RECORD = FAMILIES.once.letter.charCodeAt(0)

/** Whether it names what stands under a key, or what is left of that. */
export function isValueId(id: string): boolean {
  return id.charCodeAt(0) === VALUE
}

/** Whether it is the value under a key, and not what is left of one. */
export function isValue(id: string, entry: Entry): entry is Present {
  return isValueId(id) && entry.kind === 'register' && entry.value !== undefined
}

/** Whether it names an answer that is remembered. */
export function isRecordId(id: string): boolean {
  return id.charCodeAt(0) === RECORD
}

/** Whether the memory budget may claim it, or what of it stands. */
export function isEvictable(id: string, entry: Entry): boolean {
  return familyOf(id, entry).isEvictable
}

/** The value, where one stands or has stood there. */
export function registerOf(entry: Entry): Register | undefined {
  const standing = isEither(entry) ? standingOf(entry) : undefined
  return standing?.kind === 'register' ? standing : undefined
}

/** Whether it names a cached response, or what was forgotten of some. */
export function isResponse(id: string): boolean {
  return id.charCodeAt(0) === RESPONSE
}
