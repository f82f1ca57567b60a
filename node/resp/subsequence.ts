/** The longest common subsequence of two strings of bytes (Wagner and Fischer, 1974), with where it lies in both. */
import { ReplyError } from './errors.ts'

/** Bytes that lie together in both, the last ones of the strings first. */
export interface Match {
  readonly a: number
  readonly b: number
  readonly length: number
}

/** What is compared takes a turn: a few milliseconds. */
const CELLS_MAX = 2 ** 20

/** @throws ReplyError where there is too much to compare. */
export function commonIn(a: Buffer, b: Buffer): { text: Buffer; matches: Match[] } {
  const width = b.length + 1
  if ((a.length + 1) * width > CELLS_MAX)
    throw new ReplyError(`ERR the lengths of the two strings, multiplied, are at most ${CELLS_MAX} here`)
  const lengths = new Uint32Array((a.length + 1) * width)
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0
  for (let row = 1; row <= a.length; row++)
    for (let column = 1; column <= b.length; column++)
      lengths[row * width + column] =
        a[row - 1] === b[column - 1]
          ? at(row - 1, column - 1) + 1
          : Math.max(at(row - 1, column), at(row, column - 1))
  return walk(a, b, at)
}

function walk(a: Buffer, b: Buffer, at: (row: number, column: number) => number) {
  const bytes: number[] = []
  const matches: Match[] = []
  for (let [row, column] = [a.length, b.length]; row > 0 && column > 0; ) {
    if (a[row - 1] === b[column - 1]) {
      row--
      column--
      bytes.push(a[row] ?? 0)
      const last = matches.at(-1)
      if (last !== undefined && last.a === row + 1 && last.b === column + 1)
        matches[matches.length - 1] = { a: row, b: column, length: last.length + 1 }
      else matches.push({ a: row, b: column, length: 1 })
    } else if (at(row - 1, column) > at(row, column - 1)) row--
    else column--
  }
  return { text: Buffer.from(bytes.reverse()), matches }
}
