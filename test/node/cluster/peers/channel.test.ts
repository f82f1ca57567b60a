/** Channels between members, over real sockets: what is asked on them, and whatever may happen to them meanwhile. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from '../../../../node/cluster/peers/channel.ts'
import { bytesOf } from '../../../../node/cluster/peers/message.ts'
import { EXECUTE_PATH } from '../../../../node/cluster/wire/execute.ts'
import { systemClock } from '../../../../shared/clock.ts'
import { freePorts } from '../../../support/ports.ts'
import { converse, request } from '../../../support/raw.ts'
import { until } from '../../../support/until.ts'
import { BYTES_MAX, connectionTo, Echo, failureOf } from './echo.ts'

describe('a channel', () => {
  let echo: Echo
  beforeEach(async () => {
    echo = await Echo.start()
  })
  afterEach(() => echo[Symbol.asyncDispose]())

  it('carries one question after the other, of any size, on one connection', async () => {
    using connection = connectionTo(echo.http.port)
    for (const text of ['', 'a', 'x'.repeat(BYTES_MAX), 'ä']) {
      const { status, body } = await connection.ask(text)
      expect([status, String(body)]).to.deep.equal([200, text])
    }
    expect(echo.channels).to.equal(1)
    const count = await echo.metrics.registry.getSingleMetricAsString('larder_http_requests_total')
    expect(count).to.include(`{method="POST",route="${EXECUTE_PATH}",status="200"} 4`)
  })

  it('carries errors as problems, and goes on', async () => {
    using connection = connectionTo(echo.http.port)
    const { status, body } = await connection.ask('nonsense')
    expect([status, JSON.parse(String(body)).code]).to.deep.equal([400, 'BAD_REQUEST'])
    expect((await connection.ask('sense')).status).to.equal(200)
    expect(echo.channels).to.equal(1)
  })

  it('says of a question that is too large that it is, and is opened again', async () => {
    using connection = connectionTo(echo.http.port)
    const { status, body } = await connection.ask('x'.repeat(BYTES_MAX + 1))
    expect([status, JSON.parse(String(body)).code]).to.deep.equal([413, 'TOO_LARGE'])
    expect(
      await until(
        () =>
          connection.ask('a').then(
            ({ status }) => status,
            () => 0,
          ),
        (status) => status === 200,
      ),
    ).to.equal(200)
    expect(echo.channels).to.equal(2)
  })

  it('gives up at the deadline, and hears no answer that comes later for the next', async () => {
    using connection = connectionTo(echo.http.port)
    const late = Promise.withResolvers<void>()
    echo.waitsFor = late.promise
    expect((await failureOf(connection.ask('first', 50))).message).to.match(/^no answer within \d+ ms$/)
    late.resolve()
    expect(String((await connection.ask('second')).body)).to.equal('second')
  })

  it('lets the answer out that is under way when the service closes, and nothing else', async () => {
    using connection = connectionTo(echo.http.port)
    const held = Promise.withResolvers<void>()
    echo.waitsFor = held.promise
    const asking = connection.ask('first')
    await until(
      async () => echo.asked.length,
      (count) => count === 1,
    )
    const closed = echo.http.close(60_000)
    held.resolve()
    expect(String((await asking).body)).to.equal('first')
    await closed
    expect((await failureOf(connection.ask('second'))).code).to.equal('ECONNREFUSED')
  })

  it('ends with the service where nothing is asked, and when its time is over', async () => {
    using idle = connectionTo(echo.http.port)
    using busy = connectionTo(echo.http.port)
    await idle.ask('a')
    echo.waitsFor = new Promise(() => {})
    const asking = failureOf(busy.ask('b'))
    await until(
      async () => echo.asked.length,
      (count) => count === 2,
    )
    await echo.http.close(10)
    expect((await asking).message).to.match(/closed without an answer|ECONNRESET/)
  })

  it('counts as use of the service', async () => {
    using connection = connectionTo(echo.http.port)
    await connection.ask('a')
    const before = await until(
      async () => echo.http.quietMs,
      (ms) => ms > 20,
    )
    await connection.ask('b')
    expect(echo.http.quietMs).to.be.below(before)
  })

  it('is refused where nobody listens', async () => {
    const [port] = await freePorts(1)
    using connection = connectionTo(port)
    expect((await failureOf(connection.ask('a'))).code).to.equal('ECONNREFUSED')
  })

  it('is closed at both ends', async () => {
    const connection = connectionTo(echo.http.port)
    await connection.ask('a')
    connection[Symbol.dispose]()
    await until(
      async () => echo.open,
      (open) => open === 0,
    )
  })

  it('is closed by its owner in the middle of a question', async () => {
    const connection = connectionTo(echo.http.port)
    echo.waitsFor = new Promise(() => {})
    const asking = failureOf(connection.ask('a'))
    await until(
      async () => echo.asked.length,
      (count) => count === 1,
    )
    connection[Symbol.dispose]()
    expect((await asking).message).to.equal('the connection was closed')
  })
})

const HELLO = request(`GET ${CHANNEL_PATH}`, 'host: a\r\nconnection: upgrade\r\nupgrade: larder-channel/2')

describe('who asks for a channel', () => {
  const head = (protocol: string, more = '') =>
    `host: a\r\nconnection: upgrade, close\r\nupgrade: ${protocol}${more}`
  const ask = async (port: number, target: string, headers: string) => {
    const [answer] = await converse(port, request(target, headers))
    return answer?.status
  }

  it('needs the secret of the members', async () => {
    await using echo = await Echo.start(['secret'])
    const { port } = echo.http
    expect(await ask(port, `GET ${CHANNEL_PATH}`, head(CHANNEL_PROTOCOL))).to.equal(401)
    using wrong = connectionTo(port, systemClock, ['other', 'secret'])
    expect((await wrong.ask('a')).status).to.equal(404) // Over HTTP, for which there is no row here.
    using right = connectionTo(port, systemClock, ['secret', 'other'])
    expect((await right.ask('a')).status).to.equal(200)
    expect(echo.channels).to.equal(1)
  })

  it('is answered in HTTP elsewhere, and of another protocol', async () => {
    await using echo = await Echo.start()
    const { port } = echo.http
    expect(await ask(port, `GET ${CHANNEL_PATH}`, head('h2c'))).to.equal(400)
    expect(await ask(port, 'GET /nothing', head(CHANNEL_PROTOCOL))).to.equal(404)
    expect(await ask(port, `POST ${CHANNEL_PATH}`, head(CHANNEL_PROTOCOL))).to.equal(405)
    expect(echo.channels).to.equal(0)
  })

  it('is answered in HTTP where the request has a body, whole or not', async () => {
    await using echo = await Echo.start()
    for (const body of [
      'content-length: 5\r\n\r\n',
      'content-length: 5\r\n\r\nwhole',
      'transfer-encoding: chunked\r\n\r\n',
    ])
      expect(
        await heard(echo.http.port, Buffer.from(`${HELLO.slice(0, -2)}connection: close\r\n${body}`)),
      ).to.include(' 400 ')
    expect(echo.channels).to.equal(0)
  })

  it('is answered in HTTP while a request before it waits for its answer', async () => {
    await using echo = await Echo.start()
    const held = Promise.withResolvers<void>()
    echo.waitsFor = held.promise
    const hearing = converse(echo.http.port, request('GET /held', 'host: a') + HELLO, { answers: 2 })
    held.resolve()
    expect((await hearing).map(({ status }) => status)).to.deep.equal([200, 400])
    expect(echo.channels).to.equal(0)
  })

  it('has the answer to a question of which a part was there when the service closed', async () => {
    await using echo = await Echo.start()
    const question = bytesOf([{ code: 0, number: 1, body: Buffer.from('whole') }])
    const socket = connect(echo.http.port, '127.0.0.1', () => {
      socket.write(HELLO)
      socket.once('data', () => socket.write(question.subarray(0, 8)))
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    await until(
      async () => echo.open,
      (open) => open === 1,
    )
    // What was written before is there before what is asked now.
    await fetch(`http://127.0.0.1:${echo.http.port}/held`)
    const closed = echo.http.close(60_000)
    socket.write(question.subarray(8))
    await closed
    expect(text).to.include('whole')
  })

  it('is told of what is no question, and cut off', async () => {
    await using echo = await Echo.start()
    const held = Promise.withResolvers<void>()
    echo.waitsFor = held.promise
    for (const [said, code] of [
      [bytesOf([{ code: 7, number: 1, body: Buffer.from('a') }]), 'NO_SUCH_PATH'],
      [Buffer.alloc(10), 'BAD_REQUEST'],
      [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'TOO_LARGE'],
    ] as const) {
      const socket = await heard(echo.http.port, Buffer.concat([Buffer.from(HELLO), said]))
      expect(socket).to.include('101 Switching Protocols').and.to.include(code)
    }
    held.resolve()
    expect(echo.asked).to.deep.equal([])
  })
})

/** All that is heard until the other end closes. */
async function heard(port: number, said: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(said))
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  await once(socket, 'close')
  return text
}
