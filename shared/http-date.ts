/** Dates as HTTP writes them (RFC 9110, section 5.6.7). */
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const FORMS = [
  /^[a-z]{3}, (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) gmt$/,
  /^[a-z]{6,9}, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) gmt$/,
  /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
]

/** In milliseconds since 1970, of any of the three forms that there are; `undefined` for what is none. */
export function dateOf(text: string): number | undefined {
  const lower = text.trim().toLowerCase()
  for (const form of FORMS) {
    const { day = '', month = '', year = '', time = '' } = form.exec(lower)?.groups ?? {}
    const index = MONTHS.indexOf(month)
    if (index === -1) continue
    const [hours, minutes, seconds] = time.split(':').map(Number)
    return Date.UTC(yearOf(year), index, Number(day), hours, minutes, seconds)
  }
  return undefined
}

/** Of two digits, those below 70 are of this century. */
function yearOf(digits: string): number {
  if (digits.length === 4) return Number(digits)
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900)
}
