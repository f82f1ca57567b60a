/**
 * An entry in the head of a frame:
 * `["register","va",7,1829384756123,"node-1-x",null,"application/json",body,headers]`, of a tombstone only what comes
 * before its content type; `["counter","ca",7,reset,[["node-1-x","12","0"]]]`, tallies as text, since they may go
 * beyond 64 bits; `["reactions","rpost",7,[["fire","Sam",1829384756123,null,false]]]`.
 */
import { SLOTS } from '../../../shared/placement.ts'
import type { Counter } from '../../entries/counter.ts'
import type { SlotEntry } from '../../entries/entry.ts'
import type { Presence } from '../../entries/presence.ts'
import { Reactions } from '../../entries/reactions.ts'
import type { Register } from '../../entries/register.ts'
import { endsAtMs, flag, integer, list, name, number, stamp, text } from './fields.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'

export function toEntryField({ slot, id, entry }: SlotEntry, frame: FrameWriter): unknown {
  switch (entry.kind) {
    case 'register': {
      const { kind, stamp, value } = entry
      const ends = finite(entry.endsAtMs)
      if (value === undefined) return [kind, id, slot, stamp.time, stamp.origin, ends]
      const { contentType, body, headers = null } = value
      return [kind, id, slot, stamp.time, stamp.origin, ends, contentType, frame.body(body), headers]
    }
    case 'counter': {
      const { kind, reset, tallies } = entry
      const rows = Object.entries(tallies).map(([origin, { added, taken }]) => [
        origin,
        String(added),
        String(taken),
      ])
      return [kind, id, slot, reset === undefined ? null : [reset.time, reset.origin], rows]
    }
    case 'reactions': {
      const rows = [...entry].map(({ reaction, user, time, endsAtMs, isGone }) => [
        reaction,
        user,
        time,
        finite(endsAtMs),
        isGone,
      ])
      return [entry.kind, id, slot, rows]
    }
  }
}

/** @throws when it is none. */
export function entryOf(field: unknown, frame: FrameReader): SlotEntry {
  const fields = list(field)
  const id = name(fields[1])
  const slot = integer(fields[2])
  if (slot < 0 || slot >= SLOTS) throw new RangeError('there is no such slot')
  switch (fields[0]) {
    case 'register':
      return { slot, id, entry: registerOf(fields, frame) }
    case 'counter':
      return { slot, id, entry: counterOf(list(fields, 5)) }
    case 'reactions':
      return { slot, id, entry: Reactions.ofAll(list(list(fields, 4)[3]).map(presenceOf)) }
    default:
      throw new TypeError('an entry is none that members know')
  }
}

function registerOf(fields: readonly unknown[], frame: FrameReader): Register {
  const [, , , time, origin, ends, contentType, body, headers] = fields
  const written = { kind: 'register', stamp: stamp(time, origin), endsAtMs: endsAtMs(ends) } as const
  if (fields.length === 6) return written
  list(fields, 9)
  const value = { contentType: text(contentType), body: frame.body(body) }
  if (headers === null) return { ...written, value }
  return { ...written, value: { ...value, headers: headersOf(headers) } }
}

function headersOf(field: unknown): Record<string, string> {
  if (typeof field !== 'object' || field === null || Array.isArray(field))
    throw new TypeError('headers are none')
  for (const value of Object.values(field)) text(value)
  return field as Record<string, string>
}

function counterOf([, , , reset, tallies]: readonly unknown[]): Counter {
  const pairs = list(tallies).map((field) => {
    const [origin, added, taken] = list(field, 3)
    return [text(origin), { added: amount(added), taken: amount(taken) }] as const
  })
  const counter = { kind: 'counter', tallies: Object.fromEntries(pairs) } as const
  if (reset === null) return counter
  const [time, origin] = list(reset, 2)
  return { ...counter, reset: stamp(time, origin) }
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

/** What entries take of a frame, at the most. */
export function bytesOfEntries(entries: readonly SlotEntry[]): number {
  let bytes = 0
  for (const { id, entry } of entries) {
    bytes += 300 + 3 * id.length
    if (entry.kind === 'register') bytes += bytesOfBody(entry.value?.body ?? '')
    else if (entry.kind === 'counter') bytes += 100 * Object.keys(entry.tallies).length
    else for (const { reaction, user } of entry) bytes += 60 + 3 * (reaction.length + user.length)
  }
  return bytes
}
