/**
 * Requests whose end can be read in two ways (RFC 9112, sections 6.3 and 11.2). One of the two framings is always plain, and by
 * it the second request is a part of the body of the first; the other one is spelled in a way that somebody might take for
 * an end before it. So the second request must never be carried out, whatever is made of the first.
 */
import type { Random } from '../chaos/random.ts'
import type { Door, Target, Try } from './door.ts'
import { say } from './wire.ts'

const OUTER = ['POST /api', 'GET /livez', 'PUT /api/v1/kv/outer', 'POST /increment', 'GET /', 'DELETE /none']
const OUTER_MORE = [
  'expect: 100-continue',
  'upgrade: h2c',
  'connection: keep-alive',
  'upgrade: larder-channel',
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0']
const BREAKS = ['\r\n', '\n', '\r', '\r\n ', '\r\n\t', '\0', '\x0b', '\x0c', '\x85']

/** Of which somebody may make chunks. */
const CHUNKED = [
  'Transfer-Encoding: chunked',
  'transfer-encoding:chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding: \tchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'TE: chunked',
]
/** And of which somebody may take this for its length. */
const LENGTHS = [
  (n: number) => `Content-Length: ${n}`,
  (n: number) => `Content-Length: +${n}`,
  (n: number) => `Content-Length: -${n}`,
  (n: number) => `Content-Length: 0x${n.toString(16)}`,
  (n: number) => `Content-Length: ${n}, ${n}`,
  (n: number) => `Content-Length: ${n} ${n}`,
  (n: number) => `Content-Length: ${n};`,
  (n: number) => `Content-Length : ${n}`,
  (n: number) => `Content_Length: ${n}`,
  (n: number) => `Content-Length:\r\n ${n}`,
  (n: number) => `Content-Length: 1${'0'.repeat(30)}\r\nContent-Length: ${n}`,
]
/** Sizes of chunks that are none, and that somebody may read as the last. */
const SIZES = ['0x0', '+0', '-0', '0_', '0.0', 'g', '', ' 0', '0;\n', '0\n', '0\r', '0\0']

export const SMUGGLING: Door = {
  name: 'smuggling',
  async attempt(target, random, name) {
    const inner = innerRequest(target, name)
    const form = random.pick([lengthRules, chunksRule, sizesBroken, lengthTwice])
    const { framing, body } = form(random, inner)
    const more = random.below(3) === 0 ? [random.pick(OUTER_MORE)] : []
    const lines = ['host: larder', `api-key: ${target.apiKey}`, ...random.shuffled([...framing, ...more])]
    const head = `${random.pick(OUTER)} ${random.pick(VERSIONS)}\r\n${lines.join('\r\n')}\r\n\r\n`
    const sent = Buffer.from(head + body, 'latin1')
    const { hangs } = await say(target.port, sent, random)
    return { sent, forbidden: [name], ...(hangs && { finding: 'the connection hangs' }) } satisfies Try
  },
}

function innerRequest({ apiKey }: Target, name: string): string {
  const lines = [`PUT /api/v1/kv/${name} HTTP/1.1`, 'host: larder', `api-key: ${apiKey}`, 'content-length: 2']
  return `${lines.join('\r\n')}\r\n\r\n42`
}

interface Form {
  readonly framing: readonly string[]
  readonly body: string
}

/** The length covers all of it; chunks would end before the second request. */
function lengthRules(random: Random, inner: string): Form {
  const body = `0\r\n\r\n${inner}`
  return { framing: [`Content-Length: ${body.length}`, hidden(random, random.pick(CHUNKED))], body }
}

/** One chunk covers the second request; a length would end before it. */
function chunksRule(random: Random, inner: string): Form {
  const size = `${inner.length.toString(16)}\r\n`
  const body = `${size}${inner}\r\n0\r\n\r\n`
  const length = random.pick(LENGTHS)(size.length)
  return { framing: ['Transfer-Encoding: chunked', hidden(random, length)], body }
}

/** What is no size ends nothing. */
function sizesBroken(random: Random, inner: string): Form {
  return { framing: ['Transfer-Encoding: chunked'], body: `${random.pick(SIZES)}\r\n\r\n${inner}` }
}

/** Two lengths, of which only one can be right. */
function lengthTwice(random: Random, inner: string): Form {
  const first = random.below(4)
  const body = `${'x'.repeat(first)}${inner}`
  return { framing: [`Content-Length: ${body.length}`, `Content-Length: ${first}`], body }
}

/** As it is, or behind what may be a line of its own for somebody. */
function hidden(random: Random, line: string): string {
  return random.below(2) === 0 ? line : `x-any: thing${random.pick(BREAKS)}${line}`
}
