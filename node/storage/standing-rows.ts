/**
 * What is kept beside the entries, as rows: what the copy of each slot is worth, and by which view. A copy that has all as
 * of the view in force needs no new row with every view.
 */
import { LastView } from '../../shared/view.ts'
import type { Standing } from '../entries/standing.ts'
import type { Row, StoredRow } from './rows.ts'
import { type Cell, number, text } from './tables.ts'

const ORDER = 'order'
const LAST = 'last'

export function rowOfStanding({ slot, asOf, lapses, alone }: Standing): Row {
  const claim = alone === undefined ? [null, null] : [finite(alone.sinceTime), JSON.stringify(alone.lives)]
  return {
    table: 'standings',
    slot,
    key: [String(slot)],
    cells: [slot, finite(asOf), JSON.stringify(lapses), ...claim],
  }
}

/** By which view, in their order, all is held from now on. */
export function rowOfOrder(order: number): Row {
  return { table: 'facts', key: [ORDER], cells: [order] }
}

/** The latest view by which all was here that should be. */
export function rowOfLast(last: LastView): Row {
  return { table: 'facts', key: [LAST], cells: [JSON.stringify(last)] }
}

/** What a row says that concerns no slot. @throws when the row is not one that was written here. */
export function factOf({ cells: [name, value] }: StoredRow): { order?: number; last?: LastView } {
  if (name === ORDER) return { order: number(value) }
  return name === LAST ? { last: LastView.parse(JSON.parse(text(value))) } : {}
}

/** By the view that was in force then. @throws when the row is not one that was written here. */
export function standingOf({ cells }: StoredRow, order: number): Standing {
  const [, slot, asOf, lapses, since, lives] = cells
  const standing = {
    slot: number(slot),
    asOf: asOf === null ? order : number(asOf),
    lapses: JSON.parse(text(lapses)),
  }
  if (lives === null) return standing
  return { ...standing, alone: { sinceTime: infinite(since), lives: JSON.parse(text(lives)) } }
}

/** Whether what the row says goes by the order that is kept beside it, and would be another thing with another one. */
export function isByOrder({ cells: [, , asOf] }: StoredRow): boolean {
  return asOf === null
}

function finite(value: number): number | null {
  return value === Infinity ? null : value
}

function infinite(cell: Cell | undefined): number {
  return cell === null ? Infinity : number(cell)
}
