/**
 * JSON (RFC 8259) as a table: for each state of whoever reads it, and each byte, the next state, or a mark where more than
 * that is to be done.
 */

/** What may come next, or what the reader is in. */
export const STATE = {
  value: 0,
  /** Or the end of the list. */
  firstValue: 1,
  name: 2,
  /** Or the end of the object. */
  firstName: 3,
  colon: 4,
  /** Behind a value: a comma, or the end of what it is in. */
  after: 5,
  inString: 6,
  inName: 7,
  minus: 8,
  zero: 9,
  integer: 10,
  point: 11,
  fraction: 12,
  exponent: 13,
  sign: 14,
  power: 15,
  /** The escapes of strings take five each, and then the literals. */
  escapeInString: 16,
  escapeInName: 21,
  literals: 26,
} as const

/** Where a value begins the state behind its first byte is added to `begins`. */
export const MARK = {
  begins: 64,
  beginsName: 128,
  endsName: 129,
  ends: 130,
  /** It has ended before this byte, which is to be read again. */
  endsBefore: 131,
  closes: 132,
  comma: 133,
  wrong: 134,
} as const

export type Grammar = Uint8Array

const SPACE = ' \t\n\r'
const DIGITS = '0123456789'
const HEX = `${DIGITS}abcdefABCDEF`
const AFTER_NUMBER = `${SPACE},]}`

export function grammar(): Grammar {
  const table = new Uint8Array(64 * 256).fill(MARK.wrong)
  const on = (state: number, characters: string, next: number) => {
    for (const byte of Buffer.from(characters)) table[(state << 8) | byte] = next
  }
  for (const state of [STATE.value, STATE.firstValue, STATE.name, STATE.firstName, STATE.colon, STATE.after])
    on(state, SPACE, state)
  for (const state of [STATE.value, STATE.firstValue]) addValues(on, state)
  on(STATE.firstValue, ']', MARK.closes)
  for (const state of [STATE.name, STATE.firstName]) on(state, '"', MARK.beginsName)
  on(STATE.firstName, '}', MARK.closes)
  on(STATE.colon, ':', STATE.value)
  on(STATE.after, ']}', MARK.closes)
  on(STATE.after, ',', MARK.comma)
  addString(table, on, { state: STATE.inString, escaped: STATE.escapeInString, end: MARK.ends })
  addString(table, on, { state: STATE.inName, escaped: STATE.escapeInName, end: MARK.endsName })
  addNumbers(on)
  return table
}

type On = (state: number, characters: string, next: number) => void

function addValues(on: On, state: number): void {
  const begins: [string, number][] = [
    ['"', STATE.inString],
    ['{', STATE.firstName],
    ['[', STATE.firstValue],
    ['-', STATE.minus],
    ['0', STATE.zero],
    ['123456789', STATE.integer],
  ]
  for (const [characters, next] of begins) on(state, characters, MARK.begins + next)
  let free: number = STATE.literals
  for (const literal of ['true', 'false', 'null']) {
    const [first = '', ...others] = literal
    on(state, first, MARK.begins + free)
    for (const [index, character] of others.entries()) {
      const isLast = index === others.length - 1
      on(free, character, isLast ? MARK.ends : free + 1)
      free++
    }
  }
}

function addString(
  table: Grammar,
  on: On,
  { state, escaped, end }: { state: number; escaped: number; end: number },
): void {
  table.fill(state, (state << 8) | 0x20, (state + 1) << 8)
  on(state, '"', end)
  on(state, '\\', escaped)
  on(escaped, '"\\/bfnrt', state)
  on(escaped, 'u', escaped + 1)
  for (const digit of [1, 2, 3, 4]) on(escaped + digit, HEX, digit === 4 ? state : escaped + digit + 1)
}

function addNumbers(on: On): void {
  on(STATE.minus, '0', STATE.zero)
  on(STATE.minus, '123456789', STATE.integer)
  on(STATE.integer, DIGITS, STATE.integer)
  for (const state of [STATE.zero, STATE.integer]) on(state, '.', STATE.point)
  for (const state of [STATE.point, STATE.fraction]) on(state, DIGITS, STATE.fraction)
  for (const state of [STATE.zero, STATE.integer, STATE.fraction]) on(state, 'eE', STATE.exponent)
  on(STATE.exponent, '+-', STATE.sign)
  for (const state of [STATE.exponent, STATE.sign, STATE.power]) on(state, DIGITS, STATE.power)
  for (const state of [STATE.zero, STATE.integer, STATE.fraction, STATE.power])
    on(state, AFTER_NUMBER, MARK.endsBefore)
}
