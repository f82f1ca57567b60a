/** A node that may have little open: those who watch leave room for others, and for those who ask something. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { freePorts } from '../support/ports.ts'
import { statusOf, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

/** There are 26 places for clients then: 20 may watch, 18 of one address. */
const START = 'ulimit -n 96 && exec "$0" node/main.ts'
const PATIENCE_MS = 30_000

/** @returns what is answered first. */
async function watch(socket: Socket): Promise<string> {
  socket.write('GET /api/v1/watch HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [head] = await once(socket.setEncoding('latin1'), 'data')
  return String(head)
}

describe('a node that may have 96 descriptors', function () {
  this.timeout(60_000)
  let node: TestProcess
  let port: number
  const open: Socket[] = []
  beforeEach(async () => {
    ;[port = 0] = await freePorts(1)
    const environment = { PORT: String(port), LOG_LEVEL: 'info' }
    node = new TestProcess('bash', ['-c', START, process.execPath], { environment, channel: true })
    await until(
      () => statusOf(`http://127.0.0.1:${port}/readyz`),
      (status) => status === 200,
      PATIENCE_MS,
    )
  })
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy()
    await node[Symbol.asyncDispose]()
  })

  const from = (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    open.push(socket.on('error', () => {}))
    return socket
  }
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
  }

  it('is watched by so many, fewer of one address, and tells the others so; whoever asks something is answered', async () => {
    const first = await Promise.all(Array.from({ length: 18 }, () => watch(from('127.0.0.2'))))
    for (const head of first) expect(head).to.match(/^HTTP\/1.1 200 /)
    const beyond = await watch(from('127.0.0.2'))
    expect(beyond).to.match(/^HTTP\/1.1 503 .*\r\nretry-after: /is)
    expect(beyond).to.include('"code":"OVERLOADED"').and.include('18 watch here from your address already')
    const others = await Promise.all([watch(from('127.0.0.3')), watch(from('127.0.0.3'))])
    for (const head of others) expect(head).to.match(/^HTTP\/1.1 200 /)
    expect(await watch(from('127.0.0.4'))).to.include('20 watch here already')
    expect(await metric('larder_watch_refused_total')).to.equal(2)
    expect(node.stdout.match(/more want to watch than may/g)).to.have.lengthOf(1)
    for (const path of ['api?key=1', 'readyz'])
      expect(await statusOf(`http://127.0.0.1:${port}/${path}`), path).to.equal(200)
    for (const socket of open.splice(0, 18)) socket.destroy()
    await until(
      () => metric('larder_watchers'),
      (count) => count === 2,
    )
    expect(await watch(from('127.0.0.2'))).to.match(/^HTTP\/1.1 200 /)
  })

  it('has no more who watch by WebSockets, and none of them takes the place of a member', async () => {
    const at = `ws://127.0.0.1:${port}/api/v1/watch`
    const sockets = Array.from({ length: 18 }, () => new WebSocket(at))
    await Promise.all(sockets.map((socket) => once(socket, 'message')))
    const [error] = await once(new WebSocket(at), 'error')
    expect(error.message).to.include('503')
    expect(await metric('larder_connections{of="members"}')).to.equal(0)
    expect(await metric('larder_watch_refused_total')).to.equal(1)
    for (const socket of sockets) socket.terminate()
  })
})
