/** Two members with one channel, whoever has opened it. */
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import type { Channel } from '../../../../node/cluster/peers/channel.ts'
import { HttpConnection } from '../../../../node/cluster/peers/connection.ts'
import { bytesOf, type HeardMessage, MessageReader } from '../../../../node/cluster/peers/message.ts'
import { EXECUTE_PATH } from '../../../../node/cluster/wire/execute.ts'
import { systemClock as clock } from '../../../../shared/clock.ts'
import { testMeans } from '../../../support/means.ts'
import { request } from '../../../support/raw.ts'
import { until } from '../../../support/until.ts'
import { BYTES_MAX, connectionTo, Echo } from './echo.ts'

const HELLO = request(
  'GET /cluster/channel',
  'host: a\r\nlarder-member-life: a-1\r\nconnection: upgrade\r\nupgrade: larder-channel/2',
)

describe('a channel, both ways', () => {
  let echo: Echo
  beforeEach(async () => {
    echo = await Echo.start()
  })
  afterEach(() => echo[Symbol.asyncDispose]())

  /** From the member that listens to the one that has opened a channel, or may yet. */
  const back = (id: string, port: number, life = 'a-1') =>
    new HttpConnection(
      { id: 'a', url: `http://127.0.0.1:${port}`, incarnation: life },
      {
        clock,
        self: { id, incarnation: `${id}-1` },
        clusterSecrets: [],
        connectionsMax: 100,
        inFlight: testMeans().inFlight,
        told() {},
        listening: {
          get taken(): Channel | undefined {
            return echo.taken.get('a-1')
          },
          opened: new Set(),
          answering: { rows: [echo.row], questionBytesMax: BYTES_MAX },
        },
      },
    )
  const ask = (connection: HttpConnection, text: string) =>
    connection.post({ lane: 'changes', path: EXECUTE_PATH, body: Buffer.from(text), timeoutMs: 5000 })

  it('is asked on by the member that has not opened it', async () => {
    using connection = connectionTo(echo.http.port)
    await connection.ask('there')
    const other = back('b', 1)
    // Nothing is answered there, so that it was surely heard there.
    expect((await ask(other, 'and back')).status).to.equal(404)
    other.close()
  })

  it('is opened by whoever has none to ask on', async () => {
    const other = back('b', echo.http.port, 'b-1')
    expect(String((await ask(other, 'a')).body)).to.equal('a')
    other.close()
  })

  it('is left to a member that goes on asking, by one that asks nothing more', async () => {
    const other = back('b', echo.http.port, 'b-1')
    await ask(other, 'a')
    const [channel] = echo.taken.values()
    const asking = () => channel?.ask({ path: EXECUTE_PATH, body: Buffer.from('b'), timeoutMs: 5000 })
    expect((await asking())?.status).to.equal(200)
    other.close()
    expect((await asking())?.status).to.equal(200)
    expect(echo.open).to.equal(1)
  })

  it("stays though nothing is said for long, as then something is that is nobody's", async () => {
    using connection = connectionTo(echo.http.port)
    await connection.ask('a')
    const channel = echo.taken.get('a-1')
    channel?.stir()
    expect(String((await connection.ask('b')).body)).to.equal('b')
    expect([channel?.isOpen, echo.channels]).to.deep.equal([true, 1])
  })

  it('has in one piece what one turn has to say: answers and questions', async () => {
    const socket = connect(echo.http.port, '127.0.0.1', () => socket.write(HELLO))
    const chunks = await heardOn(socket)
    await until(
      async () => echo.taken.size,
      (size) => size === 1,
    )
    const held = Promise.withResolvers<void>()
    echo.waitsFor = held.promise
    const questions = ['first', 'second'].map((text, index) => ({
      code: 0,
      number: index + 1,
      body: Buffer.from(text),
    }))
    socket.write(bytesOf(questions))
    await until(
      async () => echo.asked.length,
      (count) => count === 2,
    )
    const asking = echo.taken
      .get('a-1')
      ?.ask({ path: EXECUTE_PATH, body: Buffer.from('own'), timeoutMs: 5000 })
    held.resolve()
    await until(
      async () => chunks.length,
      (count) => count > 0,
    )
    const heard: string[] = []
    new MessageReader({ question: BYTES_MAX, answer: BYTES_MAX }).take(
      chunks[0] ?? Buffer.of(),
      ({ code, body }: HeardMessage) => heard.push(`${code} ${body}`),
    )
    expect(heard.sort()).to.deep.equal(['0 own', '200 first', '200 second'])
    socket.destroy()
    expect(await asking?.catch(({ message }) => message)).to.match(/closed|ECONNRESET/)
  })
})

/** What comes after the answer in HTTP, as it comes. */
async function heardOn(socket: Socket): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<Buffer[]>()
  socket.on('data', (chunk: Buffer) => {
    if (String(chunk).startsWith('HTTP/1.1 101')) resolve(chunks)
    else chunks.push(chunk)
  })
  return await promise
}
