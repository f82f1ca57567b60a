/** All commands, and how they are found by what is said. */
import { textAt } from './arguments.ts'
import { CLIENT_ROWS } from './client-rows.ts'
import { commandRow } from './command-rows.ts'
import { CONNECTING_ROWS } from './connecting.ts'
import { dumpRows } from './dump-rows.ts'
import { KEY_ROWS } from './keys.ts'
import { LISTING_ROWS } from './listing.ts'
import { MOVE_ROWS } from './moves.ts'
import { NUMBER_ROWS } from './numbers.ts'
import { rangeRows } from './ranges.ts'
import type { Words } from './reader.ts'
import type { Row } from './row.ts'
import { SERVER_ROWS } from './server-rows.ts'
import { SET_ALGEBRA_ROWS } from './set-algebra.ts'
import { SET_ROWS } from './sets.ts'
import { STRING_ROWS } from './strings.ts'

export class Table {
  readonly rows: readonly Row[]
  /** As most clients write them, in small or capital letters. */
  readonly #byName: ReadonlyMap<string, Row>

  /** `valueBytesMax`: what a value may grow to. */
  constructor(valueBytesMax: number) {
    const rows: Row[] = [
      ...CONNECTING_ROWS,
      ...CLIENT_ROWS,
      ...SERVER_ROWS,
      ...STRING_ROWS,
      ...NUMBER_ROWS,
      ...rangeRows(valueBytesMax),
      ...KEY_ROWS,
      ...MOVE_ROWS,
      ...dumpRows(valueBytesMax),
      ...SET_ROWS,
      ...SET_ALGEBRA_ROWS,
      ...LISTING_ROWS,
    ]
    rows.push(commandRow(() => this.rows))
    this.rows = rows
    this.#byName = new Map(
      rows.flatMap((row): [string, Row][] => [
        [row.name, row],
        [row.name.toUpperCase(), row],
      ]),
    )
  }

  find(words: Words): Row | undefined {
    const name = textAt(words, 0)
    return this.#byName.get(name) ?? this.#byName.get(name.toLowerCase())
  }
}

/** Whether there are as many words as it takes. */
export function fitsArity({ arity }: Row, { length }: Words): boolean {
  return arity < 0 ? length >= -arity : length === arity
}
