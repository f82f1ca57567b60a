/** Texts that would be a header of their own, or an answer of their own, if they came out of the node as they went in. */
import type { Random } from '../chaos/random.ts'
import type { Door, Target } from './door.ts'
import { answersIn, say } from './wire.ts'

/** Ends of lines, also those that become one when only the low byte of a character is kept. */
const ENDS = [
  '\r\n',
  '\n',
  '\r',
  '\u010d\u010a',
  '\u560d\u560a',
  '\u0a0d',
  '%0d%0a',
  '%E5%98%8D%E5%98%8A',
  '\\r\\n',
  '\0',
  '\x0b',
  '\u2028',
]
const PAYLOADS = ['X-Injected: yes', 'Set-Cookie: x-injected=1', 'Content-Length: 0', 'HTTP/1.1 200 OK']
const NAMES = [
  'x-request-id',
  'org_id',
  'content-type',
  'if-match',
  'origin',
  'prefer',
  'idempotency-key',
  'range',
]

export const INJECTION: Door = {
  name: 'injection',
  async attempt(target, random, name) {
    const text = `a${random.pick(ENDS)}${random.pick(PAYLOADS)}${random.pick(['', ...ENDS])}`
    const write = random.pick([inHeader, inPath, inJson])(target, random, { text, name })
    const sent = Buffer.from(write, random.pick(['latin1', 'utf8'] as const))
    const read = requestOf(target, `GET /api/v1/kv/${name}`)
    const heard = [await say(target.port, sent, random), await say(target.port, Buffer.from(read), random)]
    return { sent, finding: heard.map(({ text, hangs }) => findingIn(text, hangs)).find((found) => found) }
  },
}

/** What a connection has carried on which one request was made. */
function findingIn(text: string, hangs: boolean): string | undefined {
  if (hangs) return 'the connection hangs'
  const { heads, rest } = answersIn(text)
  if (rest !== '') return `what follows the answer is none: ${JSON.stringify(rest.slice(0, 200))}`
  const lines = heads.flatMap((head) => head.split(/[\r\n]+/))
  return lines.find((line) => /^(?:x-injected|set-cookie):/i.test(line))
}

interface Injected {
  readonly text: string
  readonly name: string
}

function inHeader(target: Target, random: Random, { text, name }: Injected): string {
  const call = random.pick([
    `PUT /api/v1/kv/${name}`,
    'GET /api?key=1',
    'GET /livez',
    'POST /increment',
    'GET /none',
  ])
  return requestOf(target, call, [`${random.pick(NAMES)}: ${text}`, 'content-length: 2'], '42')
}

function inPath(target: Target, random: Random, { text }: Injected): string {
  const part = random.below(2) === 0 ? encodeURIComponent(text) : text
  const call = random.pick([
    'GET /',
    'GET /api/v1/kv/',
    'GET /api?key=',
    'DELETE /api/v1/kv/',
    'GET http://',
    'OPTIONS /',
  ])
  return requestOf(target, call + part)
}

/** Kept, and given back as a header when it is read. */
function inJson(target: Target, _random: Random, { text, name }: Injected): string {
  const op = { op: 'set', key: name, base64: 'NDI=', content_type: `text/plain${text}` }
  const body = JSON.stringify({ ops: [op, { op: 'get', key: text }] })
  const type = ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]
  return requestOf(target, 'POST /api/v1/batch', type, body)
}

function requestOf({ apiKey }: Target, call: string, lines: readonly string[] = [], body = ''): string {
  const all = [`${call} HTTP/1.1`, 'host: larder', 'connection: close', `api-key: ${apiKey}`, ...lines]
  return `${all.join('\r\n')}\r\n\r\n${body}`
}
