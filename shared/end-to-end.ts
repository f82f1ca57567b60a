/** Headers between callers and upstream: what goes from one end to the other, and what is between two alone. */

export type Headers = Readonly<Record<string, string>>

/** Between two alone (RFC 9110, section 7.6.1), whether or not `Connection` names them. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is ours to say, or nobody's to keep. */
const NOT_KEPT: ReadonlySet<string> = new Set(['content-length', 'set-cookie'])

/** Of a request, what is about this one call, or was meant for this service. Its body is always asked for as a whole. */
const NOT_ASKED: ReadonlySet<string> = new Set([
  'api-key',
  'host',
  'content-length',
  'expect',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
])

/** Of what upstream answers, what may be kept and given to others. */
export function keptHeaders(said: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const named = namedIn(said['connection'])
  const kept = Object.entries(said).filter(
    ([name, value]) =>
      value !== undefined && !HOP_BY_HOP.has(name) && !NOT_KEPT.has(name) && !named.has(name),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, lineOf(value)]))
}

/** Of what a caller asks with, what goes to upstream. */
export function askedHeaders(said: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const named = namedIn(said['connection'])
  const asked = Object.entries(said).filter(
    ([name, value]) =>
      value !== undefined && !HOP_BY_HOP.has(name) && !NOT_ASKED.has(name) && !named.has(name),
  )
  return Object.fromEntries(
    asked.map(([name, value]) => [name, lineOf(value, name === 'cookie' ? '; ' : ', ')]),
  )
}

/** Several lines of one name mean the same as one (RFC 9110, section 5.2). */
function lineOf(value: string | string[] | undefined, between = ', '): string {
  return Array.isArray(value) ? value.join(between) : (value ?? '')
}

function namedIn(connection: string | string[] | undefined): ReadonlySet<string> {
  return new Set(namesIn(lineOf(connection)))
}

/** Of a list of names, each in lower case. */
export function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}
