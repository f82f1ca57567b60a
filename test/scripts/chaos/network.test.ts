/** The network of a chaos run: who calls decides what is cut; what is cut hangs, and ends when it is healed. */
import { once } from 'node:events'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Front, Network } from '../../../scripts/chaos/network.ts'
import { inTime, systemClock } from '../../../shared/clock.ts'
import { freePorts } from '../../support/ports.ts'

/** Longer than any answer here takes that is not held back. */
const HANGS_MS = 300

describe('scripts: the network of a chaos run', () => {
  let network: Network
  let server: Server
  let front: Front
  let agents: Agent[]
  let received: string[]

  beforeEach(async () => {
    received = []
    agents = []
    network = new Network()
    server = createServer((request, response) => {
      received.push(request.url ?? '')
      request.pipe(response)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const [port] = await freePorts(1)
    front = new Front(network, { name: 'b', port, targetPort: (server.address() as AddressInfo).port })
    await front.open()
  })

  afterEach(async () => {
    for (const agent of agents) agent.destroy()
    await front.close()
    server.close().closeAllConnections()
    await once(server, 'close')
  })

  /** Calls with a connection of its own, kept from one call to the next. */
  function caller(member?: string): (path: string, body?: string) => Promise<string> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    agents.push(agent)
    return async (path, body = '') => {
      const headers = member === undefined ? {} : { 'Larder-Member': member }
      const sent = request(front.url + path, { method: 'POST', agent, headers })
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      sent.once('error', reject).once('response', async (response) => {
        resolve(Buffer.concat(await response.toArray()).toString())
      })
      sent.end(body)
      return promise
    }
  }

  async function hangs(call: Promise<string>): Promise<void> {
    const late = new Error('late')
    call.catch(() => {}) // It fails when the cut is healed.
    const outcome = await inTime(call, { clock: systemClock, timeoutMs: HANGS_MS, late }).catch(
      (error: Error) => error,
    )
    expect(outcome).to.equal(late)
  }

  async function fails(call: Promise<string>): Promise<string> {
    const outcome = await call.catch((error: NodeJS.ErrnoException) => error.code ?? error.message)
    expect(outcome).to.match(/^ECONN/)
    return outcome
  }

  it('carries requests of any size, one after the other', async () => {
    const call = caller('a')
    const large = 'jam '.repeat(500_000)
    expect(await call('/1', large)).to.equal(large)
    expect(await call('/2', 'plum')).to.equal('plum')
    expect(received).to.deep.equal(['/1', '/2'])
  })

  it('holds back what crosses a cut, on kept connections and on new ones, and nothing else', async () => {
    const [kept, other, uplink] = [caller('a'), caller('c'), caller()]
    await kept('/before')
    network.cut([['a', 'b']])
    const held = [kept('/kept'), caller('a')('/new')]
    for (const call of held) await hangs(call)
    expect(await other('/other', 'c')).to.equal('c')
    expect(await uplink('/uplink', 'u')).to.equal('u')
    network.heal([['a', 'b']])
    for (const call of held) await fails(call)
    expect(received).to.deep.equal(['/before', '/other', '/uplink'])
    expect(await kept('/after', 'again')).to.equal('again')
  })

  it('takes for uplink whoever does not say who calls', async () => {
    network.cut([['b', 'uplink']])
    await hangs(caller()('/uplink'))
    expect(await caller('a')('/member', 'a')).to.equal('a')
  })

  it('keeps an answer from crossing a cut', async () => {
    const call = caller('a')
    server.prependListener('request', () => network.cut([['a', 'b']]))
    const answer = call('/1', 'jam')
    await hangs(answer)
    expect(received).to.deep.equal(['/1'])
    network.heal([['b', 'a']])
    await fails(answer)
  })

  it('heals one cut and leaves the other', async () => {
    network.cut([
      ['a', 'b'],
      ['c', 'b'],
    ])
    const held = caller('c')('/held')
    network.heal([['a', 'b']])
    expect(await caller('a')('/1', 'jam')).to.equal('jam')
    await hangs(held)
    network.healAll()
    await fails(held)
  })

  it('slows down what goes to somebody, until told not to', async () => {
    const call = caller('a')
    network.delay('b', 150)
    const startedAtMs = systemClock.now()
    expect(await call('/1', 'jam')).to.equal('jam')
    expect(systemClock.now() - startedAtMs).to.be.above(290)
    network.delay('b', 0)
    const againAtMs = systemClock.now()
    await call('/2')
    expect(systemClock.now() - againAtMs).to.be.below(140)
  })

  it('refuses when it is closed, and is there again when it is opened', async () => {
    await caller('a')('/1')
    await front.close()
    expect(await fails(caller('a')('/2'))).to.equal('ECONNREFUSED')
    await front.open()
    expect(await caller('a')('/3', 'jam')).to.equal('jam')
  })
})
