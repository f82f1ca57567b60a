/** Numbers as people read them. */

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const WORDS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ')
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

/** @param {number} value */
export function count(value) {
  return numbers.format(value)
}

/** Small ones as a word. @param {number} value */
export function inWords(value) {
  return WORDS[value] ?? count(value)
}

/** @param {number} value @param {string} noun @param {string} [plural] */
export function several(value, noun, plural = `${noun}s`) {
  return `${count(value)} ${value === 1 ? noun : plural}`
}

/** @param {readonly string[]} names */
export function listed(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 0.95) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 90) return `${seconds < 10 ? count(seconds) : Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

/** @param {number} bytes */
export function size(bytes) {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${count(bytes / 2 ** (10 * step))} ${UNITS[step]}`
}

/** The time of day, where the reader is. @param {string | number} at */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString('en-GB')
}
