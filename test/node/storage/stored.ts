/** A row as a disk has it, once it was written. */
import type { Row, StoredRow } from '../../../node/storage/rows.ts'

export function stored({ table, key, cells = [] }: Row): StoredRow {
  return { table, cells: [...key, ...cells] }
}
