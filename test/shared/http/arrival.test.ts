/** Requests that arrive slowly, never, or by half; bodies that are too much; clients that go away. */
import { connect } from 'node:net'
import { expect } from 'chai'
import { converse, type RawAnswer, request } from '../../support/raw.ts'
import { BODY_BYTES_MAX, startTestService, type TestService } from './start.ts'

const ARRIVAL_MAX_MS = 400
const CHUNKED = 'Host: localhost\r\nTransfer-Encoding: chunked'

describe('a request', () => {
  let service: TestService

  beforeEach(async () => {
    service = await startTestService({ arrivalMaxMs: ARRIVAL_MAX_MS })
  })
  afterEach('it leaves nothing open', async function () {
    this.timeout(5000)
    expect((await fetch(`${service.url}/hello`)).status).to.equal(200)
    await service.http.close(60_000)
    await service[Symbol.asyncDispose]()
  })

  const hear = (said: string) => converse(service.port, said)

  for (const [what, said] of Object.entries({
    'of which only the line has arrived': 'GET /hello HTTP/1.1\r\n',
    'whose headers do not end': 'GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ',
    'without the body it announced': request('POST /echo', 'Content-Length: 10'),
    'with half of the body it announced': request('POST /echo', 'Content-Length: 10', 'half'),
    'whose chunks do not end': request('POST /echo', CHUNKED, '1\r\na\r\n'),
    'that waits to continue and never does': request(
      'POST /echo',
      'Expect: 100-continue\r\nContent-Length: 10',
    ),
  })) {
    it(`${what} is given up`, async () => {
      const [answer, ...more] = await hear(said)
      expectProblem(answer, 408, 'REQUEST_TIMEOUT')
      expect(more).to.deep.equal([])
    })
  }

  it('that is slow keeps its answers apart from those before it', async () => {
    const answers = await hear(
      request('GET /hello', 'Host: localhost') + request('POST /echo', 'Content-Length: 10', 'half'),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 408])
  })

  it('may have a body as long as the limit', async () => {
    const exact = 'x'.repeat(BODY_BYTES_MAX)
    const sized = await fetch(`${service.url}/echo`, { method: 'POST', body: exact })
    expect(await sized.text()).to.equal(exact)
    const chunk = `${BODY_BYTES_MAX.toString(16)}\r\n${exact}\r\n0\r\n\r\n`
    const [chunked] = await hear(request('POST /echo', `${CHUNKED}\r\nConnection: close`, chunk))
    expect(chunked).to.include({ status: 200, body: exact })
  })

  it('that announces too much is refused before it is sent', async () => {
    const headers = `Content-Length: ${BODY_BYTES_MAX + 1}`
    const [answer] = await converse(service.port, request('POST /echo', headers), { answers: 1 })
    expectProblem(answer, 413, 'TOO_LARGE')
  })

  it('that turns out to be too much is refused as soon as it is, and is over soon', async () => {
    const chunk = `800\r\n${'x'.repeat(0x800)}\r\n`
    const [answer] = await hear(request('POST /echo', CHUNKED, chunk))
    expectProblem(answer, 413, 'TOO_LARGE')
  })

  it('that has its answer gets no second one when the rest of it never comes, or is broken', async () => {
    const tooMuch = `800\r\n${'x'.repeat(0x800)}\r\n`
    const statuses = async (said: string) => (await hear(said)).map(({ status }) => status)
    expect(await statuses(request('POST /echo', CHUNKED, tooMuch))).to.deep.equal([413])
    expect(await statuses(request('POST /echo', CHUNKED, `${tooMuch}zz\r\n`))).to.deep.equal([413])
  })

  it('with a body without end is refused and cut off', async () => {
    const socket = connect(service.port, '127.0.0.1')
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
    let heard = ''
    const pour = () => {
      while (socket.writable && socket.write(chunk)) {}
    }
    socket.on('data', (bytes) => {
      heard += bytes
    })
    socket.on('drain', pour).on('error', () => {})
    socket.write(request('POST /echo', CHUNKED))
    pour()
    await new Promise((resolve) => socket.on('close', resolve))
    expect(heard).to.match(/^HTTP\/1\.1 413 /)
  })

  it('that was refused for its size leaves the connection usable', async () => {
    const body = 'x'.repeat(BODY_BYTES_MAX + 1)
    const said = request('POST /echo', `Content-Length: ${body.length}`, body) + request('GET /hello')
    expect((await hear(said)).map(({ status }) => status)).to.deep.equal([413, 200])
  })

  it('may ask to continue first', async () => {
    const headers = 'Expect: 100-continue\r\nContent-Length: 1\r\nConnection: close'
    const [answer] = await hear(request('POST /echo', headers, 'a'))
    expect(answer).to.include({ status: 200, body: 'a' })
  })

  it('that expects something else is answered all the same', async () => {
    const [answer] = await hear(request('GET /hello', 'Expect: tea\r\nConnection: close'))
    expect(answer?.status).to.be.oneOf([200, 417])
  })

  it('may be broken off anywhere', async () => {
    const whole = request('POST /echo', 'Host: localhost\r\nContent-Length: 5', 'whole')
    await Promise.all(
      Array.from(whole, (_, length) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const socket = connect(service.port, '127.0.0.1', () => {
          socket.write(whole.slice(0, length), () =>
            length % 2 === 0 ? socket.resetAndDestroy() : socket.destroy(),
          )
        })
        socket.on('close', () => resolve())
        return promise
      }),
    )
  })

  it('may be left alone while its answer is prepared', async () => {
    const socket = connect(service.port, '127.0.0.1', () =>
      socket.write(request('GET /held', 'Host: localhost')),
    )
    await fetch(`${service.url}/hello`)
    socket.destroy()
    service.release()
  })

  it('whose answer nobody reads does not keep the others waiting', async () => {
    const socket = connect(service.port, '127.0.0.1', () =>
      socket.write(request('GET /large', 'Host: localhost')),
    )
    socket.on('error', () => {}).pause()
    await new Promise((resolve) => socket.once('ready', resolve))
    for (let index = 0; index < 20; index++) {
      expect(await (await fetch(`${service.url}/hello`)).text()).to.equal('hello')
    }
    socket.destroy()
  })
})

function expectProblem(answer: RawAnswer | undefined, status: number, code: string): void {
  expect(answer?.status, answer?.body).to.equal(status)
  expect(answer?.headers['content-type']).to.match(/^application\/problem\+json\b/)
  expect(JSON.parse(answer?.body ?? '')).to.include({ status, code })
}
