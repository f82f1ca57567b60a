/**
 * The tables, each with its row: what its columns are, what an entry makes of them, and what they make of an entry.
 *
 * There is one a kind of entry, so that families of one kind share it. Reactions are a row a presence: a content with
 * a million of them is not written anew for each.
 */
import { LARGE_BYTES } from '../../shared/steps.ts'
import { type Counter, isCounting, tended, totalOf } from '../entries/counter.ts'
import { counterOf, counterText } from '../entries/counter-text.ts'
import { idOf } from '../entries/entry.ts'
import type { EntryOf, Kind } from '../entries/kinds.ts'
import type { Limit } from '../entries/limit.ts'
import type { Presence } from '../entries/presence.ts'
import { Reactions } from '../entries/reactions.ts'
import type { Register } from '../entries/register.ts'

export type Cell = string | number | bigint | null | Uint8Array

/** Of what has turned each part is a row of its own. */
export type StoredKind = Exclude<Kind, 'turned'>

/** Where the entries of each kind are. */
export const TABLE_OF = {
  register: 'registers',
  counter: 'counters',
  limit: 'limits',
  reactions: 'presences',
} as const satisfies Record<StoredKind, string>

export type EntryTable = (typeof TABLE_OF)[StoredKind]

/** Also what is kept beside the entries (`standing-rows.ts`). */
export type Table = EntryTable | 'facts' | 'standings'

/** How the times of a process are told in its file, where another process will find them. */
export interface FileTimes {
  /** Now, by the steady clock. */
  readonly nowMs: number
  toFile(atMs: number): number
  fromFile(atMs: number): number
}

/** What names one presence of an entry. */
export type NamedPresence = Pick<Presence, 'reaction' | 'user'>

/** A row without its table. */
export interface Keyed {
  /** What names the row among those of its table. */
  readonly key: readonly string[]
  /** The columns after the key, beginning with the slot; absent where the row is to be deleted. */
  readonly cells?: readonly Cell[]
}

/** What of an entry has changed, and what that has led to. */
export interface Changed<E> {
  readonly slot: number
  readonly id: string
  readonly entry: E
  readonly state: E
  /** It has turned into a value, and is only remembered. */
  readonly isCovered?: boolean
}

interface Columns {
  /** The columns that name a row; all others follow them, beginning with the slot. */
  readonly keys: readonly string[]
  readonly columns: readonly string[]
  /** Of these, what is for people alone, and is not read. */
  readonly unread: readonly string[]
}

export interface TableRow<E> extends Columns {
  /** What names the row of an entry, or of one presence of it; `undefined` where it has no such row. */
  keyOf(id: string, presence?: NamedPresence): readonly string[] | undefined
  rowsOf(changed: Changed<E>, times: FileTimes): Keyed[]
  /**
   * Of keys and columns in one. What is gone, or has ended meanwhile, is remembered from now on for as long as if that had
   * just been learned: another disk may have what was there before.
   * @throws when the row is not one that was written here.
   */
  entryOf(
    cells: readonly Cell[],
    times: FileTimes,
  ): { readonly slot: number; readonly id: string; readonly entry: E }
}

const registers: TableRow<Register> = {
  keys: ['id'],
  columns: ['slot', 'time', 'origin', 'ends_at', 'content_type', 'body', 'touched_time', 'touched_origin'],
  unread: [],
  keyOf: (id) => [id],
  rowsOf({ slot, id, state: { stamp, touched, value, endsAtMs } }, times) {
    const { contentType = null, body = null } = value ?? {}
    const written = [slot, stamp.time, stamp.origin, endCell(endsAtMs, times), contentType, body]
    return [{ key: [id], cells: [...written, touched?.time ?? null, touched?.origin ?? null] }]
  },
  entryOf([id, slot, time, origin, ends, contentType, body, touchedTime, touchedOrigin], times) {
    const stamp = { time: number(time), origin: text(origin) }
    const isTouched = touchedTime !== null && touchedTime !== undefined
    const touched = isTouched && { touched: { time: number(touchedTime), origin: text(touchedOrigin) } }
    const endsAtMs = endOf(ends, contentType === null, times)
    const value =
      contentType === null ? {} : { value: { contentType: text(contentType), body: bodyOf(body) } }
    const entry = { kind: 'register', stamp, ...touched, ...value, endsAtMs } as const
    return { slot: number(slot), id: text(id), entry }
  },
}

const counters: TableRow<Counter> = {
  keys: ['key'],
  columns: ['slot', 'value', 'state', 'ends_at'],
  // The total may be larger than a number can be.
  unread: ['value'],
  keyOf: (id) => [id.slice(1)],
  rowsOf({ slot, id, state, isCovered = false }, times) {
    const total = isCounting(state) && !isCovered ? totalOf(state) : null
    const endsAtMs = state.end?.endsAtMs ?? Infinity
    return [{ key: [id.slice(1)], cells: [slot, total, counterText(state), endCell(endsAtMs, times)] }]
  },
  entryOf([key, slot, , state, ends], times) {
    const endsAtMs = ends === null ? undefined : endOf(ends, false, times)
    const entry = tended(counterOf(text(state), times.nowMs, endsAtMs))
    return { slot: number(slot), id: idOf.key(text(key)), entry }
  },
}

const limits: TableRow<Limit> = {
  keys: ['key'],
  columns: ['slot', 'time', 'origin', 'full_at', 'reset_time', 'reset_origin'],
  unread: [],
  keyOf: (id) => [id.slice(1)],
  rowsOf({ slot, id, state: { last, fullAtMs, reset } }, times) {
    // Rather a little later than too early.
    const fullAt = fullAtMs === undefined ? null : times.toFile(Math.ceil(fullAtMs))
    const begun = [reset?.time ?? null, reset?.origin ?? null]
    return [{ key: [id.slice(1)], cells: [slot, last.time, last.origin, fullAt, ...begun] }]
  },
  entryOf([key, slot, time, origin, fullAt, resetTime, resetOrigin], times) {
    const reset = resetTime !== null && {
      reset: { time: number(resetTime), origin: text(resetOrigin), atMs: times.nowMs },
    }
    const full = fullAt !== null && { fullAtMs: times.fromFile(number(fullAt)) }
    const last = { time: number(time), origin: text(origin) }
    return {
      slot: number(slot),
      id: idOf.limit(text(key)),
      entry: { kind: 'limit', last, ...full, ...reset },
    }
  },
}

const presences: TableRow<Reactions> = {
  keys: ['content', 'reaction', 'user'],
  columns: ['slot', 'time', 'ends_at', 'is_gone'],
  unread: [],
  // Of all together there is none: they are forgotten one by one.
  keyOf: (id, presence) => presence && [id.slice(1), presence.reaction, presence.user],
  rowsOf({ slot, id, entry, state }, times) {
    return [...entry].map(({ reaction, user }) => {
      const key = [id.slice(1), reaction, user]
      const now = state.find(reaction, user)
      return now === undefined
        ? { key }
        : { key, cells: [slot, now.time, endCell(now.endsAtMs, times), Number(now.isGone)] }
    })
  },
  entryOf([content, reaction, user, slot, time, ends, isGone], times) {
    const entry = Reactions.of({
      reaction: text(reaction),
      user: text(user),
      time: number(time),
      endsAtMs: endOf(ends, isGone === 1, times),
      isGone: isGone === 1,
    })
    return { slot: number(slot), id: idOf.reactions(text(content)), entry }
  },
}

export const TABLES: { readonly [K in StoredKind as (typeof TABLE_OF)[K]]: TableRow<EntryOf[K]> } = {
  registers,
  counters,
  limits,
  presences,
}

/** In the order in which they are read: the view by which copies stand, then what they are worth. */
const COLUMNS: Readonly<Record<Table, Columns>> = {
  /** What concerns no slot. */
  facts: { keys: ['name'], columns: ['value'], unread: [] },
  standings: {
    keys: ['name'],
    columns: ['slot', 'as_of', 'lapses', 'alone_since', 'alone_lives'],
    unread: [],
  },
  ...TABLES,
}

export function columnsOf(table: Table): Columns {
  return COLUMNS[table]
}

export const TABLE_NAMES = Object.keys(COLUMNS) as readonly Table[]

/** Whether its rows belong to slots. */
export function isOfSlots(table: Table): boolean {
  return table !== 'facts'
}

export function isOfEntries(table: Table): table is EntryTable {
  return table in TABLES
}

/** Something for each of them. */
export function eachTable<T>(make: (table: Table) => T): Readonly<Record<Table, T>> {
  return Object.fromEntries(TABLE_NAMES.map((table) => [table, make(table)])) as Record<Table, T>
}

function endCell(endsAtMs: number, times: FileTimes): number | null {
  return endsAtMs === Infinity ? null : times.toFile(endsAtMs)
}

function endOf(cell: Cell | undefined, isGone: boolean, times: FileTimes): number {
  if (isGone) return times.nowMs
  return cell === null ? Infinity : Math.max(times.fromFile(number(cell)), times.nowMs)
}

export function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a text belongs`)
}

export function number(cell: Cell | undefined): number {
  if (typeof cell === 'number') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a number belongs`)
}

/** JSON was kept as text also where it was large. */
function bodyOf(cell: Cell | undefined): string | Uint8Array {
  if (cell instanceof Uint8Array) return cell
  const json = text(cell)
  return json.length > LARGE_BYTES ? Buffer.from(json) : json
}
