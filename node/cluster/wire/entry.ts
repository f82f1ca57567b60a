/**
 * An entry in the head of a frame:
 * `["register","va",7,1829384756123,"node-1-x",null,"application/json",body,headers]`, of a tombstone only what comes
 * before its content type; `["counter","ca",7,reset,[["node-1-x","12","0"]]]`, tallies as text, since they may go
 * beyond 64 bits; `["reactions","rpost",7,[["fire","Sam",1829384756123,null,false]]]`.
 */
import { SLOTS } from '../../../shared/placement.ts'
import type { Counter } from '../../entries/counter.ts'
import type { Entry, SlotEntry } from '../../entries/entry.ts'
import type { EntryOf, Kind } from '../../entries/kinds.ts'
import type { Presence } from '../../entries/presence.ts'
import { Reactions } from '../../entries/reactions.ts'
import type { Register } from '../../entries/register.ts'
import { endsAtMs, flag, integer, list, name, number, stamp, text } from './fields.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'

/** How one kind of entry is told. */
interface EntryWire<E> {
  toField(slot: number, id: string, entry: E, frame: FrameWriter): unknown
  /** Of fields that begin with a kind, an id and a slot. @throws when it is none. */
  of(fields: readonly unknown[], frame: FrameReader): E
  /** What it takes of a frame, at the most, besides its id and its stamps. */
  bytes(entry: E): number
}

const register: EntryWire<Register> = {
  toField(slot, id, { kind, stamp, value, endsAtMs }, frame) {
    const ends = finite(endsAtMs)
    if (value === undefined) return [kind, id, slot, stamp.time, stamp.origin, ends]
    const { contentType, body, headers = null } = value
    return [kind, id, slot, stamp.time, stamp.origin, ends, contentType, frame.body(body), headers]
  },
  of(fields, frame) {
    const [, , , time, origin, ends, contentType, body, headers] = fields
    const written = { kind: 'register', stamp: stamp(time, origin), endsAtMs: endsAtMs(ends) } as const
    if (fields.length === 6) return written
    list(fields, 9)
    const value = { contentType: text(contentType), body: frame.body(body) }
    if (headers === null) return { ...written, value }
    return { ...written, value: { ...value, headers: headersOf(headers) } }
  },
  bytes: ({ value }) => bytesOfBody(value?.body ?? ''),
}

const counter: EntryWire<Counter> = {
  toField(slot, id, { kind, reset, tallies }) {
    const rows = Object.entries(tallies).map(([origin, { added, taken }]) => [
      origin,
      String(added),
      String(taken),
    ])
    return [kind, id, slot, reset === undefined ? null : [reset.time, reset.origin], rows]
  },
  of(fields) {
    const [, , , reset, tallies] = list(fields, 5)
    const pairs = list(tallies).map((field) => {
      const [origin, added, taken] = list(field, 3)
      return [text(origin), { added: amount(added), taken: amount(taken) }] as const
    })
    const counter = { kind: 'counter', tallies: Object.fromEntries(pairs) } as const
    if (reset === null) return counter
    const [time, origin] = list(reset, 2)
    return { ...counter, reset: stamp(time, origin) }
  },
  bytes: ({ tallies }) => 100 * Object.keys(tallies).length,
}

const reactions: EntryWire<Reactions> = {
  toField(slot, id, reactions) {
    const rows = [...reactions].map(({ reaction, user, time, endsAtMs, isGone }) => [
      reaction,
      user,
      time,
      finite(endsAtMs),
      isGone,
    ])
    return [reactions.kind, id, slot, rows]
  },
  of: (fields) => Reactions.ofAll(list(list(fields, 4)[3]).map(presenceOf)),
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

function presenceOf(field: unknown): Presence {
  const [reaction, user, time, ends, isGone] = list(field, 5)
  return {
    reaction: text(reaction),
    user: text(user),
    time: number(time),
    endsAtMs: endsAtMs(ends),
    isGone: flag(isGone),
  }
}

function finite(ms: number): number | null {
  return ms === Infinity ? null : ms
}
