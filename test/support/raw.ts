/** A client that writes any bytes at all to a socket, and reads what comes back. */
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawOptions {
  /** Hang up once this many final answers have come; otherwise the server is to close. */
  readonly answers?: number
}

/** Says something at once, and gives every answer of the connection. */
export async function converse(
  port: number,
  said: string | Uint8Array,
  { answers = Infinity }: RawOptions = {},
): Promise<RawAnswer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1', () => socket.write(said))
  let heard = ''
  socket.setEncoding('latin1')
  socket.on('data', (text) => {
    heard += text
    if (parseAnswers(heard).length >= answers) resolve()
  })
  // A server may hang up while this client still writes; what it said before counts.
  socket.on('close', () => resolve()).on('error', (error) => (heard === '' ? reject(error) : resolve()))
  try {
    await promise
  } finally {
    socket.destroy()
  }
  return parseAnswers(heard)
}

/** A request as text, on a connection of its own unless other headers are given. */
export function request(target: string, headers = 'Host: localhost\r\nConnection: close', body = ''): string {
  return `${target} HTTP/1.1\r\n${headers}\r\n\r\n${body}`
}

/** A request with a body of known length, after which the connection stays open. */
export function requestWith(target: string, type: string, body: string): string {
  return request(
    target,
    `Host: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`,
    body,
  )
}

/**
 * The final answers (not 1xx) in what was heard. The body of the last one may be missing or cut short: a
 * HEAD request asks for that.
 */
function parseAnswers(heard: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = heard
  for (let end = rest.indexOf(HEAD_END); end >= 0; end = rest.indexOf(HEAD_END)) {
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = Number(statusLine.split(' ')[1])
    const headers = Object.fromEntries(lines.map(parseHeader))
    const bodyEnd = end + HEAD_END.length + Number(headers['content-length'] ?? 0)
    const body = Buffer.from(rest.slice(end + HEAD_END.length, bodyEnd), 'latin1').toString()
    if (status >= 200) answers.push({ status, headers, body })
    rest = rest.slice(bodyEnd)
  }
  return answers
}

const HEAD_END = '\r\n\r\n'

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** One request to a service as it is written: fetch would put some paths, and some headers, in order. */
export async function ask(
  url: string,
  target: string,
  headers: readonly string[],
): Promise<RawAnswer | undefined> {
  const all = ['Host: localhost', 'Connection: close', ...headers].join('\r\n')
  return (await converse(Number(new URL(url).port), request(target, all)))[0]
}
