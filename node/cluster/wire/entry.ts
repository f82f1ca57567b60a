/**
 * An entry in the head of a frame:
 * `["register","va",7,1829384756123,"node-1-x",null,"application/json",body,headers,lifeMs]`, of a tombstone only what
 * comes before its content type; where its lifetime was changed by itself, which change that was, `[time,origin]`, at the end; `["counter","ca",7,reset,[["node-1-x","12","0"]]]`, tallies as text, since they may go
 * beyond 64 bits; `["reactions","rpost",7,[["fire","Sam",1829384756123,null,false]]]`. When it ends is told as what is
 * left (`times.ts`).
 */

import type { Body, Stamp } from '../../../shared/command.ts'
import { SLOTS } from '../../../shared/placement.ts'
import { type Counter, counterWith, type Reset } from '../../entries/counter.ts'
import { counterIdOf, type Entry, type SlotEntry } from '../../entries/entry.ts'
import { isFold } from '../../entries/folds.ts'
import type { EntryOf, Kind } from '../../entries/kinds.ts'
import { firstAnswer } from '../../entries/once.ts'
import type { Presence } from '../../entries/presence.ts'
import { Reactions } from '../../entries/reactions.ts'
import { lastStampOf, type Register, type Value } from '../../entries/register.ts'
import { wallOf } from '../../entries/stamp.ts'
import { flag, integer, list, name, number, text } from './fields.ts'
import { FORMER } from './format.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'
import { endOf, goneSince, stampOf, timeOf, toLive, toTimeLeft } from './times.ts'

/** How one kind of entry is told. */
interface EntryWire<E> {
  toField(slot: number, id: string, entry: E, frame: FrameWriter): unknown
  /** Of fields that begin with a kind, an id and a slot. @throws when it is none. */
  of(fields: readonly unknown[], frame: FrameReader): E
  /** What it takes of a frame, at the most, besides its id and its stamps. */
  bytes(entry: E): number
}

const register: EntryWire<Register> = {
  toField(slot, id, register, frame) {
    const { kind, touched, value, endsAtMs } = register
    // In the former format a lifetime is changed by a write alone.
    const stamp = frame.format === FORMER ? lastStampOf(register) : register.stamp
    const written = [kind, id, slot, stamp.time, stamp.origin, toTimeLeft(endsAtMs, frame)]
    const since = touched === undefined || frame.format === FORMER ? [] : [[touched.time, touched.origin]]
    if (value === undefined) return [...written, ...since]
    const { contentType, headers = null, lifeMs = null } = value
    // What upstream called JSON nobody has checked.
    const body = frame.body(bodyIn(frame.format, id, value), headers === null ? contentType : '')
    const said = [...written, contentType, body, headers]
    return frame.format === FORMER ? said : [...said, lifeMs, ...since]
  },
  of(fields, frame) {
    const isFormer = frame.format === FORMER
    const isGone = fields.length < 8
    const length = isGone ? 6 : isFormer ? 9 : 10
    if (isFormer || fields.length !== length + 1) list(fields, length)
    const [, , , time, origin, ends, contentType, body, headers, lifeMs = null] = fields
    const stamp = stampOf(time, origin, frame)
    const since = fields.length > length ? { touched: touchedOf(fields[length], frame) } : {}
    if (isGone) return { kind: 'register', stamp, ...since, endsAtMs: goneSince(ends, frame) }
    const value = { contentType: text(contentType), body: frame.body(body) }
    const written = { kind: 'register', stamp, ...since, value, endsAtMs: endOf(ends, frame) } as const
    if (headers === null) return written
    const response = { ...value, headers: headersOf(headers) }
    // In format 3 only the stamp tells when its life began.
    const lived = frame.format === FORMER && ends !== null ? number(ends) - wallOf(stamp) : lifeMs
    return { ...written, value: lived === null ? response : { ...response, lifeMs: toLive(lived, frame) } }
  },
  bytes: ({ value }) => bytesOfBody(value?.body ?? ''),
}

const counter: EntryWire<Counter> = {
  toField(slot, id, { kind, reset, tallies }, frame) {
    // In the former format nothing is folded, and what was is in the tally that it went into.
    const told = Object.entries(tallies).filter(([name]) => frame.format !== FORMER || !isFold(name))
    const rows = told.map(([name, { added, taken }]) => [name, String(added), String(taken)])
    return [kind, id, slot, reset === undefined ? null : resetField(reset, frame), rows]
  },
  of(fields, frame) {
    const [, , , reset, tallies] = list(fields, 5)
    const pairs = list(tallies).map((field) => {
      const [origin, added, taken] = list(field, 3)
      return [text(origin), { added: amount(added), taken: amount(taken) }] as const
    })
    return counterWith(resetOf(reset, frame), Object.fromEntries(pairs), frame.now.nowMs)
  },
  bytes: ({ tallies }) => 100 * Object.keys(tallies).length,
}

const reactions: EntryWire<Reactions> = {
  toField(slot, id, reactions, frame) {
    const rows = [...reactions].map(({ reaction, user, time, endsAtMs, isGone }) => [
      reaction,
      user,
      time,
      toTimeLeft(endsAtMs, frame),
      isGone,
    ])
    return [reactions.kind, id, slot, rows]
  },
  of: (fields, frame) => Reactions.ofAll(list(list(fields, 4)[3]).map((field) => presenceOf(field, frame))),
  bytes(reactions) {
    let bytes = 0
    for (const { reaction, user } of reactions) bytes += 60 + 3 * (reaction.length + user.length)
    return bytes
  },
}

const ENTRIES: { readonly [K in Kind]: EntryWire<EntryOf[K]> } = { register, counter, reactions }

const BY_KIND = new Map<unknown, EntryWire<Entry>>(Object.entries(ENTRIES))

export function toEntryField({ slot, id, entry }: SlotEntry, frame: FrameWriter): unknown {
  return wireOf(entry).toField(slot, id, entry, frame)
}

/** @throws when it is none. */
export function entryOf(field: unknown, frame: FrameReader): SlotEntry {
  const fields = list(field)
  const id = name(fields[1])
  const slot = integer(fields[2])
  if (slot < 0 || slot >= SLOTS) throw new RangeError('there is no such slot')
  const wire = BY_KIND.get(fields[0])
  if (wire === undefined) throw new TypeError('an entry is none that members know')
  return { slot, id, entry: wire.of(fields, frame) }
}

/** What entries take of a frame, at the most. */
export function bytesOfEntries(entries: readonly SlotEntry[]): number {
  let bytes = 0
  for (const { id, entry } of entries) bytes += 300 + 3 * id.length + wireOf(entry).bytes(entry)
  return bytes
}

function wireOf(entry: Entry): EntryWire<Entry> {
  // Most of what there is needs no looking up.
  return entry.kind === 'register' ? ENTRIES.register : ENTRIES[entry.kind]
}

/** In the former format an answer that is remembered says nothing else. */
function bodyIn(format: number, id: string, { body }: Value): Body {
  const isRecord = typeof body === 'string' && counterIdOf(id) !== undefined
  return isRecord && format === FORMER ? firstAnswer(body) : body
}

function touchedOf(field: unknown, frame: FrameReader): Stamp {
  const [time, origin] = list(field, 2)
  return stampOf(time, origin, frame)
}

function headersOf(field: unknown): Record<string, string> {
  if (typeof field !== 'object' || field === null || Array.isArray(field))
    throw new TypeError('headers are none')
  for (const value of Object.values(field)) text(value)
  return field as Record<string, string>
}

function amount(field: unknown): bigint {
  if (!/^\d+$/.test(text(field))) throw new TypeError('a tally is no number')
  return BigInt(field as string)
}

function presenceOf(field: unknown, frame: FrameReader): Presence {
  const [reaction, user, time, ends, gone] = list(field, 5)
  const isGone = flag(gone)
  return {
    reaction: text(reaction),
    user: text(user),
    time: timeOf(time, frame),
    endsAtMs: isGone ? goneSince(ends, frame) : endOf(ends, frame),
    isGone,
  }
}

function resetOf(field: unknown, frame: FrameReader): Reset | undefined {
  if (field === null) return undefined
  const [time, origin, since] = list(field, frame.format === FORMER ? 2 : 3)
  return { ...stampOf(time, origin, frame), atMs: goneSince(since, frame) }
}

function resetField({ time, origin, atMs }: Reset, frame: FrameWriter): unknown[] {
  return frame.format === FORMER ? [time, origin] : [time, origin, toTimeLeft(atMs, frame)]
}
