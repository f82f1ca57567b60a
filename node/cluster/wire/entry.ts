/**
 * An entry in the head of a frame:
 * `["register","va",7,1829384756123,"node-1-x",null,"application/json",body,headers,lifeMs]`, of a response with what else is
 * known of it, of a tombstone only what
 * comes before its content type; where its lifetime was changed by itself, which change that was, `[time,origin]`, at the
 * end; `["counter","va",7,reset,[["node-1-x","12","0"]],last,end]`, tallies as text, since they may go beyond 64 bits; of a
 * key that has turned both, without what they begin with, `["turned","va",7,[...],[...]]`;
 * `["limit","la",7,1829384756123,"node-1-x",599.5,reset]`; `["reactions","rpost",7,[["fire","Sam",1829384756123,null,false]]]`.
 * When it ends is told as what is left (`times.ts`).
 */

import type { Body, Stamp } from '../../../shared/command.ts'
import { SLOTS } from '../../../shared/placement.ts'
import type { ResponseFacts } from '../../../shared/response-command.ts'
import type { Turned } from '../../entries/either.ts'
import { counterIdOf, type Entry, type SlotEntry } from '../../entries/entry.ts'
import type { EntryOf, Kind } from '../../entries/kinds.ts'
import { firstAnswer } from '../../entries/once.ts'
import type { Presence } from '../../entries/presence.ts'
import { Reactions } from '../../entries/reactions.ts'
import { lastStampOf, type Register, type Value } from '../../entries/register.ts'
import { wallOf } from '../../entries/stamp.ts'
import { counter, limit } from './counted-entry.ts'
import type { EntryWire } from './entry-wire.ts'
import { factsOf, flag, integer, list, name, number, text } from './fields.ts'
import { FORMER } from './format.ts'
import { ofFormerId, toFormerEntries } from './former-entries.ts'
import { bytesOfBody, type FrameReader, type FrameWriter } from './frame.ts'
import { endOf, goneSince, stampOf, timeOf, toLive, toTimeLeft } from './times.ts'

const register: EntryWire<Register> = {
  toField(slot, id, register, frame) {
    const { kind, touched, value, endsAtMs } = register
    // In the former format a lifetime is changed by a write alone.
    const stamp = frame.format === FORMER ? lastStampOf(register) : register.stamp
    const written = [kind, id, slot, stamp.time, stamp.origin, toTimeLeft(endsAtMs, frame)]
    const since = touched === undefined || frame.format === FORMER ? [] : [[touched.time, touched.origin]]
    if (value === undefined) return [...written, ...since]
    const { contentType, headers = null, lifeMs = null, facts } = value
    if (frame.format === FORMER && facts !== undefined && !isPlain(facts)) return written
    // What upstream called JSON nobody has checked.
    const body = frame.body(bodyIn(frame.format, id, value), headers === null ? contentType : '')
    const said = [...written, contentType, body, headers]
    if (frame.format === FORMER) return said
    return facts === undefined ? [...said, lifeMs, ...since] : [...said, lifeMs, facts]
  },
  of(fields, frame) {
    const isFormer = frame.format === FORMER
    const isGone = fields.length < 8
    const length = isGone ? 6 : isFormer ? 9 : 10
    if (isFormer || fields.length !== length + 1) list(fields, length)
    const [, , , time, origin, ends, contentType, body, headers, lifeMs = null] = fields
    const stamp = stampOf(time, origin, frame)
    const last = fields[length]
    const since = Array.isArray(last) ? { touched: touchedOf(last, frame) } : {}
    if (isGone) return { kind: 'register', stamp, ...since, endsAtMs: goneSince(ends, frame) }
    const value = { contentType: text(contentType), body: frame.body(body) }
    const written = { kind: 'register', stamp, ...since, value, endsAtMs: endOf(ends, frame) } as const
    if (headers === null) return written
    const facts = last === undefined || Array.isArray(last) ? {} : { facts: factsOf(last) }
    const response = { ...value, headers: headersOf(headers), ...facts }
    // In format 3 only the stamp tells when its life began.
    const lived = frame.format === FORMER && ends !== null ? number(ends) - wallOf(stamp) : lifeMs
    return { ...written, value: lived === null ? response : { ...response, lifeMs: toLive(lived, frame) } }
  },
  bytes: ({ value }) => bytesOfBody(value?.body ?? ''),
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

const turned: EntryWire<Turned> = {
  toField: (slot, id, { kind, register: value, counter: counted }, frame) => [
    kind,
    id,
    slot,
    register.toField(slot, id, value, frame).slice(PLACE_FIELDS),
    counter.toField(slot, id, counted, frame).slice(PLACE_FIELDS),
  ],
  of(fields, frame) {
    const [, id, slot, value, counted] = list(fields, 5)
    return {
      kind: 'turned',
      register: register.of(['register', id, slot, ...list(value)], frame),
      counter: counter.of(['counter', id, slot, ...list(counted)], frame),
    }
  },
  bytes: ({ register: value, counter: counted }) => register.bytes(value) + counter.bytes(counted),
}

/** Kind, id and slot. */
const PLACE_FIELDS = 3

const ENTRIES: { readonly [K in Kind]: EntryWire<EntryOf[K]> } = {
  register,
  counter,
  turned,
  limit,
  reactions,
}

const BY_KIND = new Map<unknown, EntryWire<Entry>>(Object.entries(ENTRIES))

/** In the former format what stands under a key may be two. */
export function toEntryFields(told: SlotEntry, frame: FrameWriter): unknown[] {
  const all = frame.format === FORMER ? toFormerEntries(told) : [told]
  return all.map(({ slot, id, entry }) => wireOf(entry).toField(slot, id, entry, frame))
}

/** @throws when it is none. */
export function entryOf(field: unknown, frame: FrameReader): SlotEntry {
  const fields = list(field)
  const isFormerCounter = frame.format === FORMER && fields[0] === 'counter'
  const id = isFormerCounter ? ofFormerId(name(fields[1])) : name(fields[1])
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

/** In the former format every response is a 200 that says itself how fresh it is: what is not is told as gone. */
function isPlain({ status = 200, staleAtMs, vary }: ResponseFacts): boolean {
  return status === 200 && staleAtMs === undefined && vary === undefined
}

function headersOf(field: unknown): Record<string, string> {
  if (typeof field !== 'object' || field === null || Array.isArray(field))
    throw new TypeError('headers are none')
  for (const value of Object.values(field)) text(value)
  return field as Record<string, string>
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
