/**
 * The stored state of a key, and the two verbs on it.
 *
 * `apply` turns an intent into an outcome and changes; `merge` reconciles two copies of a state. A change is
 * itself a small state, so the one way to store it, here and on every other holder, is to merge it.
 * `merge` is commutative, associative and idempotent for every kind.
 */
import type { KeyCommand, Stamp } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { applyToCounter, isCounting, renewed, tended } from './counter.ts'
import { applyToReactions } from './engage.ts'
import { FAMILIES, familyOf } from './families.ts'
import { type Entry, type EntryOf, type Kind, verbsOf } from './kinds.ts'
import { answerOf, recordOf } from './once.ts'
import { applyToRegister, buryRegister, ended, type Present } from './register.ts'
import { applyToResponses } from './response.ts'
import type { Applied, Moment, Verbs } from './verbs.ts'

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

/** Names an entry, by its family and its key; how responses are named is in `response.ts`. */
export const idOf = {
  value: (key: string) => `${FAMILIES.value.letter}${key}`,
  counter: (key: string) => `${FAMILIES.counter.letter}${key}`,
  reactions: (content: string) => `${FAMILIES.reactions.letter}${content}`,
  /** A header holds no NUL, so that the last one is where the idempotency key begins. */
  once: (key: string, idempotencyKey: string) => `${FAMILIES.once.letter}${key}\0${idempotencyKey}`,
} as const

/** Of an answer that is remembered: the counter that it is about. */
export function counterIdOf(id: string): string | undefined {
  return id.startsWith(FAMILIES.once.letter) ? idOf.counter(id.slice(1, id.lastIndexOf('\0'))) : undefined
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
export function apply(command: KeyCommand, entries: Entries, moment: Moment): AppliedCommand {
  const { key } = command
  const read = (id: string) => entries.get(id)
  switch (command.type) {
    case 'value.get':
    case 'value.describe':
    case 'value.set':
    case 'value.touch':
    case 'value.delete': {
      const id = idOf.value(key)
      return toChanges(id, applyToRegister(ofKind(read(id), 'register'), command, moment))
    }
    case 'counter.add':
      return addOnce(command, read, moment)
    case 'counter.get':
    case 'counter.delete': {
      const id = idOf.counter(key)
      return toChanges(id, applyToCounter(ofKind(read(id), 'counter'), command, moment))
    }
    case 'reaction.add':
    case 'reaction.remove':
    case 'reaction.count':
    case 'reaction.users': {
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
  const answered = recordId && answerOf(ofKind(read(recordId), 'register'), moment.nowMs)
  if (answered !== undefined) return { outcome: { type: 'total', value: answered }, changes: [] }
  const id = idOf.counter(key)
  const applied = applyToCounter(ofKind(read(id), 'counter'), command, moment)
  const record = recordOf(command, applied, moment)
  const { outcome, changes } = toChanges(id, applied)
  return { outcome, changes: record && recordId ? [...changes, { id: recordId, entry: record }] : changes }
}

function toChanges(id: string, { outcome, change }: Applied<Entry>): AppliedCommand {
  return { outcome, changes: change === undefined ? [] : [{ id, entry: change }] }
}

function ofKind<K extends Kind>(entry: Entry | undefined, kind: K): EntryOf[K] | undefined {
  if (entry !== undefined && entry.kind !== kind)
    throw new TypeError(`a ${entry.kind} where a ${kind} belongs`)
  return entry as EntryOf[K] | undefined
}

/** Two copies of one entry as one. The first is used up: the result may be built on it. */
export function merge(a: Entry, b: Entry): Entry {
  return verbsOfBoth(a, b).merge(a, b)
}

/** By how much merging the second into the first adds to what the memory budget may never claim. */
export function growthOf(known: Entry | undefined, change: Entry): number {
  return (known === undefined ? verbsOf(change) : verbsOfBoth(known, change)).growth(known, change)
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

function verbsOfBoth(a: Entry, b: Entry): Verbs<Entry> {
  if (a.kind !== b.kind) throw new TypeError(`a ${a.kind} and a ${b.kind} cannot be copies of one entry`)
  return verbsOf(a)
}

/** When the entry has to be looked at again: something in it ends, or was remembered for long enough. */
export function dueAtMs(entry: Entry, tombstoneGraceMs: number): number {
  return verbsOf(entry).dueAtMs(entry, tombstoneGraceMs)
}

/** Whether it only remembers that there is nothing any more. */
export function isTombstone(entry: Entry): boolean {
  return verbsOf(entry).isTombstone(entry)
}

/** When an entry is due. */
export interface Due {
  readonly nowMs: number
  /** What is gone for longer than since then can be forgotten. */
  readonly oldestMs: number
  /** Unless it has to be remembered from now on. */
  readonly isKept: boolean
}

/** What is left of an entry that is due: of a value a tombstone, of an answer that was kept for a while nothing. */
export function remainsOf(id: string, entry: Entry, { nowMs, oldestMs, isKept }: Due): Entry | undefined {
  if (entry.kind === 'counter') {
    if (isCounting(entry)) return tended(entry, oldestMs)
    return isKept ? renewed(entry, nowMs) : undefined
  }
  if (entry.kind !== 'register') return undefined
  if (entry.value !== undefined) return familyOf(id).leavesTombstone ? buryRegister(entry) : undefined
  return isKept ? ended(entry, nowMs) : undefined
}

/** Asked with every read, and so as cheap as can be. */
const VALUE = FAMILIES.value.letter.charCodeAt(0)
const RESPONSE = FAMILIES.response.letter.charCodeAt(0)
const RECORD = FAMILIES.once.letter.charCodeAt(0)

/** Whether it names a value under a key, or what is left of one. */
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

/** Whether the memory budget may claim it. */
export function isEvictable(id: string): boolean {
  return familyOf(id).isEvictable
}

/** Whether it names a cached response, or what was forgotten of some. */
export function isResponse(id: string): boolean {
  return id.charCodeAt(0) === RESPONSE
}
