/** Connections to whoever has no channel, or says nonsense on it. */
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { CHANNEL_PATH } from '../../../../node/cluster/peers/channel.ts'
import { bytesOf } from '../../../../node/cluster/peers/message.ts'
import { EXECUTE_PATH } from '../../../../node/cluster/wire/execute.ts'
import { FakeClock } from '../../../support/clock.ts'
import { connectionTo, failureOf } from './echo.ts'

const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: larder-channel/2\r\n\r\n'

describe('where there is no channel', () => {
  let server: Server | HttpServer | undefined
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    if (server !== undefined) await once(server.close(), 'close')
  })
  const listen = async (listening: Server | HttpServer): Promise<number> => {
    server = listening
    server.on('connection', (socket: Socket) => sockets.add(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  it('everything goes over HTTP, and a channel is asked for again after a minute', async () => {
    const seen: string[] = []
    const port = await listen(
      createServer((message, response) => {
        seen.push(`${message.method} ${message.url}`)
        message.resume()
        message.on('end', () => response.writeHead(message.method === 'POST' ? 200 : 426).end('said'))
      }),
    )
    const clock = new FakeClock()
    using connection = connectionTo(port, clock)
    for (let time = 0; time < 3; time++) expect(String((await connection.ask('a')).body)).to.equal('said')
    const post = `POST ${EXECUTE_PATH}`
    expect(seen).to.deep.equal([`GET ${CHANNEL_PATH}`, post, post, post])
    await clock.advance(60_000)
    await connection.ask('a')
    expect(seen.slice(4)).to.deep.equal([`GET ${CHANNEL_PATH}`, post])
  })

  for (const [what, act] of Object.entries({
    'hears nothing': () => {},
    'is hung up on': (socket: Socket) => void socket.destroy(),
  })) {
    it(`everything goes over HTTP where who asks for one ${what}`, async () => {
      const http = createServer((message, response) => {
        message.resume()
        message.on('end', () => response.end('said'))
      })
      http.on('upgrade', (_message, socket: Socket) => act(socket))
      using connection = connectionTo(await listen(http))
      expect(String((await connection.ask('a', 400)).body)).to.equal('said')
    })
  }

  const nonsense = {
    'a message without a head': [0, 0, 0, 1, 0, 200, 0, 0, 0, 1],
    'a question that asks for nothing': [0, 0, 0, 6, 0, 9, 0, 0, 0, 1],
  }
  for (const [what, bytes] of Object.entries(nonsense)) {
    it(`${what} is no answer`, async () => {
      const port = await listen(
        createTcpServer((socket) => {
          socket.once('data', () => {
            socket.write(UPGRADE)
            socket.once('data', () => socket.write(Buffer.from(bytes)))
          })
        }),
      )
      using connection = connectionTo(port)
      expect((await failureOf(connection.ask('a'))).message).to.equal('what it said is no answer')
    })
  }

  it('a question that comes together with the channel is heard', async () => {
    const heard = Promise.withResolvers<number>()
    const asked = bytesOf([{ code: 0, number: 7, body: Buffer.from('at once') }])
    const port = await listen(
      createTcpServer((socket) => {
        socket.once('data', () => {
          socket.write(Buffer.concat([Buffer.from(UPGRADE), asked]))
          socket.once('data', (answer: Buffer) => heard.resolve(answer.readUInt32BE(6)))
        })
      }),
    )
    using connection = connectionTo(port)
    await connection.open()
    expect(await heard.promise).to.equal(7)
  })

  it('a connection that breaks in the middle of an answer is a failure at once', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.once('data', () => {
          socket.write(UPGRADE)
          socket.once('data', () => socket.end(Buffer.from([0, 0, 0, 9, 0, 200, 0, 0, 0, 1, 1])))
        })
      }),
    )
    using connection = connectionTo(port)
    expect((await failureOf(connection.ask('a'))).message).to.equal(
      'the connection was closed without an answer',
    )
  })
})
