/**
 * The tables, each with its row: what its columns are, what an entry makes of them, and what they make of an entry.
 *
 * There is one a kind of entry, so that families of one kind share it. Reactions are a row a presence: a content with
 * a million of them is not written anew for each.
 */
import { type Counter, counterOf, counterText, isCounting, totalOf } from '../entries/counter.ts'
import { idOf } from '../entries/entry.ts'
import type { EntryOf, Kind } from '../entries/kinds.ts'
import type { Presence } from '../entries/presence.ts'
import { Reactions } from '../entries/reactions.ts'
import type { Register } from '../entries/register.ts'

export type Cell = string | number | bigint | null | Uint8Array

/** Where the entries of each kind are. */
export const TABLE_OF = {
  register: 'registers',
  counter: 'counters',
  reactions: 'presences',
} as const satisfies Record<Kind, string>

export type Table = (typeof TABLE_OF)[Kind]

/** In the order in which they are read. */
export const TABLE_NAMES: readonly Table[] = Object.values(TABLE_OF)

/** What names one presence of an entry. */
export type Named = Pick<Presence, 'reaction' | 'user'>

/** A row without its table. */
export interface Keyed {
  /** What names the row among those of its table. */
  readonly key: readonly string[]
  /** The columns after the key, beginning with the slot; absent where the row is to be deleted. */
  readonly cells?: readonly Cell[]
}

/** What of an entry has changed, and what that has led to. */
interface Changed<E> {
  readonly slot: number
  readonly id: string
  readonly entry: E
  readonly state: E
}

export interface TableRow<E> {
  /** The columns that name a row; all others follow them, beginning with the slot. */
  readonly keys: readonly string[]
  readonly columns: readonly string[]
  /** Of these, what is for people alone, and is not read. */
  readonly unread: readonly string[]
  /** What names the row of an entry, or of one presence of it; `undefined` where it has no such row. */
  keyOf(id: string, presence?: Named): readonly string[] | undefined
  rowsOf(changed: Changed<E>): Keyed[]
  /** Of keys and columns in one. @throws when the row is not one that was written here. */
  entryOf(cells: readonly Cell[]): { readonly slot: number; readonly id: string; readonly entry: E }
}

const registers: TableRow<Register> = {
  keys: ['id'],
  columns: ['slot', 'time', 'origin', 'ends_at', 'content_type', 'body'],
  unread: [],
  keyOf: (id) => [id],
  rowsOf({ slot, id, state: { stamp, value, endsAtMs } }) {
    const { contentType = null, body = null } = value ?? {}
    return [{ key: [id], cells: [slot, stamp.time, stamp.origin, endCell(endsAtMs), contentType, body] }]
  },
  entryOf([id, slot, time, origin, endsAtMs, contentType, body]) {
    const stamp = { time: number(time), origin: text(origin) }
    const value =
      contentType === null ? {} : { value: { contentType: text(contentType), body: bodyOf(body) } }
    const entry = { kind: 'register', stamp, ...value, endsAtMs: endOf(endsAtMs) } as const
    return { slot: number(slot), id: text(id), entry }
  },
}

const counters: TableRow<Counter> = {
  keys: ['key'],
  columns: ['slot', 'value', 'state'],
  // The total may be larger than a number can be.
  unread: ['value'],
  keyOf: (id) => [id.slice(1)],
  rowsOf({ slot, id, state }) {
    const total = isCounting(state) ? totalOf(state) : null
    return [{ key: [id.slice(1)], cells: [slot, total, counterText(state)] }]
  },
  entryOf([key, slot, , state]) {
    return { slot: number(slot), id: idOf.counter(text(key)), entry: counterOf(text(state)) }
  },
}

const presences: TableRow<Reactions> = {
  keys: ['content', 'reaction', 'user'],
  columns: ['slot', 'time', 'ends_at', 'is_gone'],
  unread: [],
  // Of all together there is none: they are forgotten one by one.
  keyOf: (id, presence) => presence && [id.slice(1), presence.reaction, presence.user],
  rowsOf({ slot, id, entry, state }) {
    return [...entry].map(({ reaction, user }) => {
      const key = [id.slice(1), reaction, user]
      const now = state.find(reaction, user)
      return now === undefined
        ? { key }
        : { key, cells: [slot, now.time, endCell(now.endsAtMs), Number(now.isGone)] }
    })
  },
  entryOf([content, reaction, user, slot, time, endsAtMs, isGone]) {
    const entry = Reactions.of({
      reaction: text(reaction),
      user: text(user),
      time: number(time),
      endsAtMs: endOf(endsAtMs),
      isGone: isGone === 1,
    })
    return { slot: number(slot), id: idOf.reactions(text(content)), entry }
  },
}

export const TABLES: { readonly [K in Kind as (typeof TABLE_OF)[K]]: TableRow<EntryOf[K]> } = {
  registers,
  counters,
  presences,
}

/** Something for each of them. */
export function eachTable<T>(make: (table: Table) => T): Readonly<Record<Table, T>> {
  return Object.fromEntries(TABLE_NAMES.map((table) => [table, make(table)])) as Record<Table, T>
}

function endCell(endsAtMs: number): number | null {
  return endsAtMs === Infinity ? null : endsAtMs
}

function endOf(cell: Cell | undefined): number {
  return cell === null ? Infinity : number(cell)
}

function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a text belongs`)
}

function number(cell: Cell | undefined): number {
  if (typeof cell === 'number') return cell
  throw new TypeError(`a stored row has ${typeof cell} where a number belongs`)
}

function bodyOf(cell: Cell | undefined): string | Uint8Array {
  return cell instanceof Uint8Array ? cell : text(cell)
}
