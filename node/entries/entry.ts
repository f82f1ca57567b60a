/**
 * The stored state of a key, and the two verbs on it.
 *
 * `apply` turns an intent into an outcome and changes; `merge` reconciles two copies of a state. A change is
 * itself a small state, so the one way to store it, here and on every other holder, is to merge it.
 * `merge` is commutative, associative and idempotent for every kind.
 */
import type { KeyCommand } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { applyToCounter, type Counter, isCounterNews, isCounting, mergeCounters } from './counter.ts'
import { applyToReactions } from './engage.ts'
import { answerOf, recordOf } from './once.ts'
import { mergeReactions, type Reactions } from './reactions.ts'
import { applyToRegister, buryRegister, mergeRegisters, type Present, type Register } from './register.ts'
import { applyToResponses } from './response.ts'
import { wallOf } from './stamp.ts'
import type { Applied, Moment } from './verbs.ts'

export type Entry = Register | Counter | Reactions

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

/** Names an entry: the first letter is its family, and families do not share their keys. */
export const idOf = {
  value: (key: string) => `v${key}`,
  counter: (key: string) => `c${key}`,
  reactions: (content: string) => `r${content}`,
  /** A header holds no NUL, so that the last one is where the idempotency key begins. */
  once: (key: string, idempotencyKey: string) => `i${key}\0${idempotencyKey}`,
} as const

/** The entries of a slot. */
export interface Entries {
  get(id: string): Entry | undefined
  /** The ids that begin so. */
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
    case 'value.set':
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

function ofKind<K extends Entry['kind']>(
  entry: Entry | undefined,
  kind: K,
): Extract<Entry, { kind: K }> | undefined {
  if (entry !== undefined && entry.kind !== kind)
    throw new TypeError(`a ${entry.kind} where a ${kind} belongs`)
  return entry as Extract<Entry, { kind: K }> | undefined
}

/** Two copies of one entry as one. The first is used up: the result may be built on it. */
export function merge(a: Entry, b: Entry): Entry {
  if (a.kind === 'register' && b.kind === 'register') return mergeRegisters(a, b)
  if (a.kind === 'counter' && b.kind === 'counter') return mergeCounters(a, b)
  if (a.kind === 'reactions' && b.kind === 'reactions') return mergeReactions(a, b)
  throw new TypeError(`a ${a.kind} and a ${b.kind} cannot be copies of one entry`)
}

/** When it was written: later writes have to be later than that. */
export function timesOf(entry: Entry): Iterable<{ readonly time: number }> {
  if (entry.kind === 'register') return [entry.stamp]
  if (entry.kind === 'counter') return entry.reset ? [entry.reset] : []
  return entry
}

/** Whether merging the second would change anything in the first. */
export function isNews(known: Entry | undefined, entry: Entry): boolean {
  if (known === undefined) return true
  if (known.kind === 'reactions' && entry.kind === 'reactions') return known.isChangedBy(entry)
  if (known.kind === 'counter' && entry.kind === 'counter') return isCounterNews(known, entry)
  return merge(known, entry) !== known
}

/** When the entry has to be looked at again: something in it ends, or was remembered for long enough. */
export function dueAtMs(entry: Entry, tombstoneGraceMs: number): number {
  switch (entry.kind) {
    case 'register':
      return entry.value === undefined ? entry.endsAtMs + tombstoneGraceMs : entry.endsAtMs
    case 'counter':
      return entry.reset && isTombstone(entry) ? wallOf(entry.reset) + tombstoneGraceMs : Infinity
    case 'reactions':
      return entry.dueAtMs(tombstoneGraceMs)
    default:
      return assertNever(entry)
  }
}

/** Whether it only remembers that there is nothing any more. */
export function isTombstone(entry: Entry): boolean {
  switch (entry.kind) {
    case 'register':
      return entry.value === undefined
    case 'counter':
      return !isCounting(entry)
    case 'reactions':
      return false
    default:
      return assertNever(entry)
  }
}

/** What a value that has ended leaves behind; an answer that was kept for a while leaves nothing. */
export function bury(id: string, register: Register): Register | undefined {
  return register.value !== undefined && isValueId(id) ? buryRegister(register) : undefined
}

/** Whether it names a value under a key, or what is left of one. */
export function isValueId(id: string): boolean {
  return id.startsWith('v')
}

/** Whether it is the value under a key, and not what is left of one. */
export function isValue(id: string, entry: Entry): entry is Present {
  return isValueId(id) && entry.kind === 'register' && entry.value !== undefined
}

/** Whether the memory budget may claim it: what is cached can be had again, what was counted cannot. */
export function isEvictable(id: string): boolean {
  return isValueId(id) || isResponse(id)
}

/** Cached responses are not kept on disk: they would miss the events of the meantime. */
export function isResponse(id: string): boolean {
  return id.startsWith('a')
}
