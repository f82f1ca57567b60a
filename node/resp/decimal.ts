/** Sums of decimal fractions, as they are written: 0.1 and 0.2 are 0.3, as with Redis, which counts with more digits. */
import { NOT_FLOAT, ReplyError } from './errors.ts'

/** Digits behind the point that are kept: more than any double has in the numbers that are added mostly. */
const FRACTION_DIGITS = 20
/** Beyond it no number of Redis is. */
const EXPONENT_MAX = 4932
const LENGTH_MAX = 256

interface Decimal {
  readonly digits: bigint
  /** How many of them are behind the point. */
  readonly fraction: number
}

/** @throws ReplyError for what is no number. */
export function plus(a: string, b: string): string {
  const [first, second] = [decimalIn(a), decimalIn(b)]
  const fraction = Math.max(first.fraction, second.fraction)
  return textOf({ digits: scaled(first, fraction) + scaled(second, fraction), fraction })
}

function decimalIn(text: string): Decimal {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) throw new ReplyError('ERR increment would produce NaN or Infinity')
  const [, sign, whole = '', behind = '', alone = '', exponent = '0'] = PATTERN.exec(text) ?? []
  if (sign === undefined || text.length > LENGTH_MAX || Math.abs(Number(exponent)) > EXPONENT_MAX)
    throw new ReplyError(NOT_FLOAT)
  const digits = BigInt(`${whole}${behind}${alone}`)
  const fraction = behind.length + alone.length - Number(exponent)
  const signed = sign === '-' ? -digits : digits
  return fraction >= 0
    ? { digits: signed, fraction }
    : { digits: signed * 10n ** BigInt(-fraction), fraction: 0 }
}

const PATTERN = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,5}))?$/

function scaled({ digits, fraction }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - fraction)
}

/** Half a last digit is rounded away from zero. */
function rounded({ digits, fraction }: Decimal): Decimal {
  if (fraction <= FRACTION_DIGITS) return { digits, fraction }
  const unit = 10n ** BigInt(fraction - FRACTION_DIGITS)
  const half = digits < 0n ? -unit / 2n : unit / 2n
  return { digits: (digits + half) / unit, fraction: FRACTION_DIGITS }
}

function textOf(decimal: Decimal): string {
  const { digits, fraction } = rounded(decimal)
  const sign = digits < 0n ? '-' : ''
  const text = String(digits < 0n ? -digits : digits).padStart(fraction + 1, '0')
  const whole = text.slice(0, text.length - fraction)
  const behind = text.slice(text.length - fraction).replace(/0+$/, '')
  return `${sign}${whole}${behind === '' ? '' : `.${behind}`}`
}
