/** Bytes that are no request, or more than one: answered or refused, never obeyed by half, never hung upon. */
import { expect } from 'chai'
import fc from 'fast-check'
import { converse, type RawAnswer, request, requestWith } from '../../support/raw.ts'
import { startTestService, type TestService } from './start.ts'

const CHUNKED = 'Host: localhost\r\nTransfer-Encoding: chunked'
const TWO_HOSTS = 'Host: localhost\r\nConnection: close\r\nHost: elsewhere'
const HELLO = request('GET /hello', 'Host: localhost')

describe('a service that hears garbage', () => {
  let service: TestService

  beforeEach(async () => {
    service = await startTestService()
  })
  afterEach('it still answers', async () => {
    expect((await fetch(`${service.url}/hello`)).status).to.equal(200)
    await service[Symbol.asyncDispose]()
  })

  const hear = (said: string | Uint8Array) => converse(service.port, said)
  const statuses = (answers: readonly RawAnswer[]) => answers.map(({ status }) => status)

  const garbage: Readonly<Record<string, string | Uint8Array>> = {
    'no HTTP at all': 'hello\r\n\r\n',
    'bytes of all kinds': new Uint8Array([0, 1, 2, 255, 254, 13, 10, 13, 10]),
    'a TLS handshake': new Uint8Array([0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00, 0xa1]),
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a version of the future': 'GET /hello HTTP/9.9\r\n\r\n',
    'bare line feeds': 'GET /hello HTTP/1.1\nHost: localhost\n\n',
    'bare carriage returns': 'GET /hello HTTP/1.1\rHost: localhost\r\r',
    'a header without a colon': request('GET /hello', 'X'),
    'a header without a name': request('GET /hello', ': x'),
    'a header with a space in its name': request('GET /hello', 'X : x'),
    'a folded header': request('GET /hello', 'X: a\r\n b'),
    'a NUL in a header': request('GET /hello', 'X: a\0b'),
    'a NUL in the target': request('GET /he\0llo', 'Host: localhost'),
    'raw UTF-8 in the target': request('GET /é', 'Host: localhost'),
    'two hosts': request('GET /hello', TWO_HOSTS),
    'two hosts beside that of a whole URL': request('GET http://localhost/hello', TWO_HOSTS),
    'two hosts where there is nothing': request('GET /nowhere', TWO_HOSTS),
    'a chunk without a size': request('POST /echo', CHUNKED, 'zz\r\n'),
    'a chunk longer than its size': request('POST /echo', CHUNKED, '1\r\nabc\r\n0\r\n\r\n'),
    'a chunk of a size beyond numbers': request('POST /echo', CHUNKED, 'fffffffffffffffff\r\n'),
    'a negative length': request('POST /echo', 'Content-Length: -1', 'a'),
    'a length with a sign': request('POST /echo', 'Content-Length: +1', 'a'),
    'a length of text': request('POST /echo', 'Content-Length: one', 'a'),
    'a length beyond numbers': request('POST /echo', 'Content-Length: 99999999999999999999', 'a'),
    'a list of lengths': request('POST /echo', 'Content-Length: 1, 1', 'a'),
    'two lengths': request('POST /echo', 'Content-Length: 1\r\nContent-Length: 2', 'ab'),
    'a length and chunks': request('POST /echo', `Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n'),
    'chunks and a length': request('POST /echo', `${CHUNKED}\r\nContent-Length: 5`, '0\r\n\r\n'),
    'chunks hidden by a space': request('POST /echo', 'Transfer-Encoding : chunked', '0\r\n\r\n'),
    'an unknown transfer encoding': request('POST /echo', 'Transfer-Encoding: xchunked', '0\r\n\r\n'),
    'a transfer encoding after chunked': request(
      'POST /echo',
      'Transfer-Encoding: chunked, gzip',
      '0\r\n\r\n',
    ),
  }
  for (const [what, said] of Object.entries(garbage)) {
    it(`refuses ${what}`, async () => {
      const answers = await hear(said)
      expect(statuses(answers)).to.deep.equal([400])
      expectProblem(answers[0], 400, 'BAD_REQUEST')
    })
  }

  it('takes headers of 10,000 bytes, and refuses 20,000', async () => {
    const ask = (bytes: number) => hear(request('GET /hello', `X: ${'x'.repeat(bytes)}\r\nConnection: close`))
    expect(statuses(await ask(10_000))).to.deep.equal([200])
    const [refused] = await ask(20_000)
    expectProblem(refused, 431, 'HEADERS_TOO_LARGE')
  })

  it('refuses a target of 100,000 bytes, and trailers as long', async () => {
    const [target] = await hear(request(`GET /${'x'.repeat(100_000)}`))
    expectProblem(target, 431, 'HEADERS_TOO_LARGE')
    const trailers = await hear(request('POST /echo', CHUNKED, `0\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`))
    expect(trailers.at(-1)?.status).to.be.within(400, 431)
  })

  it('answers pipelined requests in their order', async () => {
    const echoes = ['a', 'b', 'c'].map((body) => requestWith('POST /echo', 'text/plain', body))
    const answers = await hear(echoes.join('') + request('GET /hello'))
    expect(answers.map(({ body }) => body)).to.deep.equal(['a', 'b', 'c', 'hello'])
  })

  for (const [what, said] of Object.entries({
    'no HTTP': 'hello\r\n\r\n',
    'headers without end': request('GET /hello', `X: ${'x'.repeat(20_000)}`),
    'a length and chunks': request('POST /echo', `Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n'),
    'a broken chunk': request('POST /echo', CHUNKED, 'zz\r\n'),
    'a broken chunk after a good one': request('POST /echo', CHUNKED, '1\r\na\r\nzz\r\n'),
  })) {
    it(`answers the valid request first when ${what} follows it`, async () => {
      const answers = hear(request('GET /held', 'Host: localhost') + HELLO + said)
      await fetch(`${service.url}/hello`)
      service.release()
      const [first, second, third, ...more] = await answers
      expect([first?.body, second?.body]).to.deep.equal(['released', 'hello'])
      expect(third?.status).to.be.within(400, 431)
      expect(more).to.deep.equal([])
    })
  }

  it('obeys nothing that is smuggled in a body', async () => {
    const smuggled = request('DELETE /echo', 'Host: localhost')
    const answers = await hear(requestWith('POST /echo', 'text/plain', smuggled) + request('GET /hello'))
    expect(answers.map(({ body }) => body)).to.deep.equal([smuggled, 'hello'])
  })

  it('refuses any bytes, or answers them, and hangs up', async () => {
    const line = fc.constantFrom(
      'GET /hello',
      'POST /echo',
      'HTTP/1.1',
      '\r\n',
      '\r\n\r\n',
      'Host: localhost',
      'Content-Length: 3',
    )
    const piece = fc.oneof(
      line,
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(' ', ':', '0', '\0'),
    )
    const bytes = fc.array(piece, { maxLength: 12 }).map((pieces) => `${pieces.join('')}\0\r\n\r\n\0\r\n\r\n`)
    await fc.assert(
      fc.asyncProperty(bytes, async (said) => {
        for (const { status } of await hear(said)) expect(status).to.be.within(200, 431)
      }),
      { numRuns: 200 },
    )
  })
})

function expectProblem(answer: RawAnswer | undefined, status: number, code: string): void {
  expect(answer?.status, answer?.body).to.equal(status)
  expect(answer?.headers).to.include({ 'content-type': 'application/problem+json', connection: 'close' })
  expect(JSON.parse(answer?.body ?? '')).to.include({ status, code })
}
