/** The answers that the load generator counts, in whatever parts they come. */
import { expect } from 'chai'
import { AnswerReader } from '../../../scripts/bench/answer-reader.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nDate: now\r\n\r\nstews'

/** What each part brought. */
function take(parts: readonly string[], reader = new AnswerReader()): number[] {
  return parts.map((part) => reader.take(Buffer.from(part)))
}

describe('scripts: bench: answers', () => {
  it('are read whole, and wherever they are split', () => {
    expect(take([OK])).to.deep.equal([200])
    for (let at = 1; at < OK.length; at++)
      expect(take([OK.slice(0, at), OK.slice(at)]), `at ${at}`).to.deep.equal([0, 200])
    expect(take([...OK]).filter((status) => status !== 0)).to.deep.equal([200])
  })

  it('come one after the other over one connection', () => {
    const refused = 'HTTP/1.1 503 Busy\r\nCONTENT-LENGTH:0\r\n\r\n'
    expect(take([OK, refused, OK.slice(0, -2), OK.slice(-2)])).to.deep.equal([200, 503, 0, 200])
  })

  it('can be long', () => {
    const parts = ['HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', ...Array(10).fill('x'.repeat(10_000))]
    expect(take(parts)).to.deep.equal([...Array(10).fill(0), 200])
  })

  it('have no body when they cannot', () => {
    expect(take(['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\n\r\n'])).to.deep.equal([
      204, 304,
    ])
  })

  it('count only the bytes that were read into the buffer', () => {
    const reader = new AnswerReader()
    expect(reader.take(Buffer.from(`${OK}left from before`), OK.length)).to.equal(200)
  })

  for (const [what, text] of Object.entries({
    'without a length': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'with two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
    'with a length that is no number': 'HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n',
    'with an empty length': 'HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n',
    'longer than they say': `${OK}!`,
    'of another protocol': 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    'without a status': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
    'with lines that end without CR': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'with a head that does not end': `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`,
  })) {
    it(`are refused ${what}`, () => {
      expect(() => take([text])).to.throw(Error)
    })
  }
})
