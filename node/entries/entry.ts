/**
 * The stored state of a key, and the two verbs on it.
 *
 * `apply` turns an intent into an outcome and a change; `merge` reconciles two copies of a state. A change is
 * itself a small state, so the one way to store it, here and on every other holder, is to merge it.
 * `merge` is commutative, associative and idempotent for every kind.
 */
import type { Command } from '../../shared/command.ts'
import { assertNever } from '../../shared/errors.ts'
import { applyToCounter, type Counter, mergeCounters } from './counter.ts'
import { applyToRegister, buryRegister, liveValue, mergeRegisters, type Register } from './register.ts'
import type { Applied, Moment } from './verbs.ts'

export type Entry = Register | Counter

/** Names the entry that a command is about: values and counters do not share their keys. */
export function entryIdOf(command: Command): string {
  switch (command.type) {
    case 'value.get':
    case 'value.set':
    case 'value.delete':
      return `v${command.key}`
    case 'counter.add':
    case 'counter.get':
      return `c${command.key}`
    default:
      return assertNever(command)
  }
}

/** @throws LarderError when the command cannot be carried out on this state; nothing has changed then. */
export function apply(entry: Entry | undefined, command: Command, moment: Moment): Applied<Entry> {
  switch (command.type) {
    case 'value.get':
    case 'value.set':
    case 'value.delete':
      return applyToRegister(ofKind(entry, 'register'), command, moment)
    case 'counter.add':
    case 'counter.get':
      return applyToCounter(ofKind(entry, 'counter'), command, moment)
    default:
      return assertNever(command)
  }
}

function ofKind<K extends Entry['kind']>(
  entry: Entry | undefined,
  kind: K,
): Extract<Entry, { kind: K }> | undefined {
  if (entry !== undefined && entry.kind !== kind)
    throw new TypeError(`a ${entry.kind} where a ${kind} belongs`)
  return entry as Extract<Entry, { kind: K }> | undefined
}

/** Two copies of one entry as one. */
export function merge(a: Entry, b: Entry): Entry {
  if (a.kind === 'register' && b.kind === 'register') return mergeRegisters(a, b)
  if (a.kind === 'counter' && b.kind === 'counter') return mergeCounters(a, b)
  throw new TypeError(`a ${a.kind} and a ${b.kind} cannot be copies of one entry`)
}

/** Whether a reader would find something here. */
export function isLive(entry: Entry, nowMs: number): boolean {
  return entry.kind === 'counter' || liveValue(entry, nowMs) !== undefined
}

/** When the entry has to be looked at again: its value ends, or its tombstone has been kept long enough. */
export function dueAtMs(entry: Entry, tombstoneGraceMs: number): number {
  if (entry.kind === 'counter') return Infinity
  return entry.value === undefined ? entry.endsAtMs + tombstoneGraceMs : entry.endsAtMs
}

/** What is left of an entry that is due: a tombstone of its value, or nothing. */
export function bury(entry: Entry): Entry | undefined {
  return entry.kind === 'register' && entry.value !== undefined ? buryRegister(entry) : undefined
}

/** Whether the memory budget may claim it: a value can be fetched again, a counter cannot. */
export function isEvictable(entry: Entry): boolean {
  return entry.kind === 'register'
}
