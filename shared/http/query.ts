/** What is percent-encoded, decoded strictly. */
import { LarderError } from '../errors.ts'

/**
 * A query string, or a form, decoded.
 * @throws LarderError BAD_REQUEST for broken percent-encoding, and for a name that stands there twice.
 */
export function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>()
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf('&', start)
    if (end === -1) end = text.length
    if (end === start) continue
    const equals = text.indexOf('=', start)
    const nameEnd = equals === -1 || equals > end ? end : equals
    const name = decodeField(text.slice(start, nameEnd))
    if (query.has(name)) throw new LarderError('BAD_REQUEST', `${name} stands there twice.`)
    query.set(name, decodeField(text.slice(nameEnd + 1, end)))
  }
  return query
}

/** In a query and in a form a plus sign is a space. */
function decodeField(text: string): string {
  return decode(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

/** @throws LarderError BAD_REQUEST for text that is not percent-encoded UTF-8. */
export function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new LarderError('BAD_REQUEST', 'There is broken percent-encoding, or invalid UTF-8.', { cause })
  }
}
