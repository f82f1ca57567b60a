/** An address is not a life: what is meant for another life of a member is refused by whichever answers there. */
import { request } from 'node:http'
import { expect } from 'chai'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createClusterMetrics } from '../../../../node/cluster/metrics.ts'
import { CHANNEL_PATH, CHANNEL_PROTOCOL } from '../../../../node/cluster/peers/channel.ts'
import { HttpConnection, Peers } from '../../../../node/cluster/peers/peers.ts'
import { StampClock } from '../../../../node/entries/stamp.ts'
import { systemClock } from '../../../../shared/clock.ts'
import { LIFE_HEADER, type Member } from '../../../../shared/view.ts'
import { testMeans } from '../../../support/means.ts'
import { startTestNode, type TestNode } from '../../../support/node.ts'
import { call, expectProblem, send } from '../../http/call.ts'

const self = { id: 'a', url: 'http://a', incarnation: 'a-1' }
const read = { type: 'value.get', key: 'k' } as const

describe('where another life of a member answers', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode({ NODE_ID: 'n' })
  })
  after(() => node[Symbol.asyncDispose]())

  const former = (): Member => ({ ...node.node.member, incarnation: 'before' })

  for (const path of ['/cluster/execute', '/cluster/slots', '/cluster/reach'] as const)
    it(`POST ${path} is refused, whatever it says`, async () => {
      const answer = await send(`POST ${node.url}${path}`, {}, { [LIFE_HEADER]: 'before' })
      expectProblem(answer, 421, 'ANOTHER_LIFE')
      expect(answer.text).to.include(node.node.member.incarnation)
    })

  it('what it holds is not told as that of the former', async () => {
    const status = (life: string) =>
      call(`GET ${node.url}/cluster/status`, { headers: { [LIFE_HEADER]: life } })
    expectProblem(await status('before'), 421, 'ANOTHER_LIFE')
    const { incarnation } = node.node.member
    expect((await status(incarnation)).json).to.include({ id: 'n', incarnation })
  })

  it('there is no channel', async () => {
    expect(await upgrade(node, 'before')).to.equal(421)
    expect(await upgrade(node, node.node.member.incarnation)).to.equal(101)
    expect(await upgrade(node, undefined), 'version 0.1 does not say whom it means').to.equal(101)
  })

  it('a peer learns that nothing was carried out, tells uplink, and knows why', async () => {
    const refused: string[] = []
    await using peers = peersOf(refused)
    const peer = peers.of(former())
    const options = { deadlineAtMs: systemClock.now() + 5000, requestId: 'r', traced: false }
    const outcome = await peer.execute(read, options).catch(({ code }: { code: string }) => code)
    expect([outcome, refused]).to.deep.equal(['REFUSED', ['n']])
    expect(peer.contact.failure?.reason).to.equal(
      `Where n is to be, n answers, in its life ${node.node.member.incarnation}`,
    )
    expect((await peers.of(node.node.member).execute(read, options)).type).to.equal('missing')
  })
})

function peersOf(refused: string[]): Peers {
  return new Peers({
    self,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    metrics: createClusterMetrics(new Registry()),
    stamps: new StampClock('a-1'),
    connect: (other, listening) =>
      new HttpConnection(other, {
        clock: systemClock,
        self,
        listening,
        told() {},
        clusterSecrets: [],
        connectionsMax: 10,
        inFlight: testMeans().inFlight,
      }),
    view: () => undefined,
    learn() {},
    isParting: () => false,
    onRefused: ({ id }) => void refused.push(id),
  })
}

/** The status with which a channel is answered. */
function upgrade({ node }: TestNode, life: string | undefined): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const headers = { connection: 'upgrade', upgrade: CHANNEL_PROTOCOL, ...(life && { [LIFE_HEADER]: life }) }
  const asking = request({ port: node.port, host: '127.0.0.1', path: CHANNEL_PATH, headers })
  asking.on('upgrade', ({ statusCode }, socket) => {
    socket.destroy()
    resolve(statusCode)
  })
  asking.on('response', (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  asking.on('error', reject)
  asking.end()
  return promise
}
