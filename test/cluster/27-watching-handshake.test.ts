/** Whoever asks for a WebSocket in a way that begins none is told so like of any other mistake, and counted like that. */
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { Cluster } from '../support/cluster.ts'
import { converse, request } from '../support/raw.ts'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const VERSION = 'Sec-WebSocket-Version: 13'

describe('a handshake that begins no WebSocket', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start({ ids: ['a'] })
  })
  after(() => cluster[Symbol.asyncDispose]())

  const asked = async (...headers: readonly string[]) => {
    const all = ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', ...headers].join('\r\n')
    const said = request('GET /api/v1/watch', all)
    return (await converse(Number(new URL(cluster.url('a')).port), said, { answers: 1 }))[0]
  }

  it('is answered with a problem that names what is wrong with it', async () => {
    const wrong: Record<string, readonly string[]> = {
      'Sec-WebSocket-Version': [KEY, 'Sec-WebSocket-Version: 99'],
      'Sec-WebSocket-Version:': [KEY],
      'Sec-WebSocket-Key': [VERSION],
      'Sec-WebSocket-Key:': [VERSION, 'Sec-WebSocket-Key: short'],
      'Sec-WebSocket-Protocol': [KEY, VERSION, 'Sec-WebSocket-Protocol: soup, soup'],
      'Sec-WebSocket-Protocol:': [KEY, VERSION, 'Sec-WebSocket-Protocol: a(b'],
    }
    for (const [name, headers] of Object.entries(wrong)) {
      const answer = await asked(...headers)
      expect(answer?.status, name).to.equal(400)
      expect(answer?.headers, name).to.include({
        'content-type': 'application/problem+json',
        'sec-websocket-version': '13, 8',
      })
      const { code, detail } = JSON.parse(answer?.body ?? '')
      expect([code, detail.startsWith(name.replace(':', ''))], name).to.deep.equal(['BAD_REQUEST', true])
    }
    const metrics = await (await fetch(`${cluster.url('a')}/metrics`)).text()
    expect(metrics).to.match(/^larder_http_request.*\/api\/v1\/watch.*400.* 6$/m)
  })

  it('is none that offers what else it could speak', async () => {
    const socket = new WebSocket(`${cluster.url('a').replace('http', 'ws')}/api/v1/watch`, ['soup', 'stew'])
    const [message] = await once(socket, 'message')
    socket.close()
    expect(JSON.parse(String(message))).to.include({ event: 'heartbeat' })
  })
})
