/** Without uplink the cluster serves on; an uplink that comes back, knowing something or nothing, drops nobody. */
import { expect } from 'chai'
import { readConfig as readUplinkConfig } from '../../uplink/config.ts'
import { startUplink, type Uplink } from '../../uplink/uplink.ts'
import { Cluster, keyOf, post, silent } from '../support/cluster.ts'
import { RedisServer } from '../support/redis.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const ids = ['a', 'b', 'c']

function uplinkOn(port: number, environment: Record<string, string> = {}): Promise<Uplink> {
  const settings = readUplinkConfig({ PORT: String(port), LEASE_MS: '1000', ...environment })
  return startUplink(settings, { log: silent })
}

describe('a cluster without uplink', () => {
  it('serves on, takes back an uplink that has forgotten everything, and drops nobody', async () => {
    await using cluster = await Cluster.start({ ids, uplink: { LEASE_MS: '1000' } })
    const { epoch } = await cluster.viewOf('a')
    const key = keyOf('b', ids)
    await post(`${cluster.url('a')}/api`, { key, data: 'stew' })
    const { port } = cluster.uplink
    await cluster.uplink[Symbol.asyncDispose]()
    for (const id of ids) {
      expect((await fetch(`${cluster.url(id)}/readyz`)).status).to.equal(200)
      expect((await post(`${cluster.url(id)}/api`, { key, data: id })).body).to.include({
        node: 'b',
        data: id,
      })
    }
    await using uplink = await uplinkOn(port)
    const views: number[] = []
    const view = await until(
      async () => {
        const seen = await cluster.viewOf('c')
        views.push(seen.members.length)
        return seen
      },
      (seen) => seen.epoch > epoch,
    )
    expect(view.members.map(({ id }) => id)).to.deep.equal(ids)
    expect(new Set(views)).to.deep.equal(new Set([3]))
    const known = (await (await fetch(`${uplink.url}/api/v1/view`)).json()) as { members: unknown[] }
    expect(known.members).to.have.length(3)
    await cluster.join('d') // The new uplink is a whole one.
    await cluster.settle()
  })

  it('goes to the other uplink on the same Redis when it loses one', async function () {
    needTool(this, 'redis-server')
    await using redis = await RedisServer.start()
    const environment = { REDIS_URL: redis.url }
    await using first = await uplinkOn(0, environment)
    await using second = await uplinkOn(0, environment)
    await using cluster = await Cluster.start({
      ids: ['a', 'b'],
      node: { UPLINK_URL: `${first.url},${second.url}` },
    })
    const { epoch } = await cluster.viewOf('a')
    await first[Symbol.asyncDispose]()
    await cluster.join('c', { UPLINK_URL: second.url })
    await cluster.settle()
    expect((await cluster.viewOf('a')).epoch).to.equal(epoch + 1)
    expect(await cluster.metric('a', 'larder_uplink_failures_total')).to.be.above(0)
  })

  it('is not ready as long as it never had one', async () => {
    await using cluster = await Cluster.start({ ids: ['a'] })
    const node = await cluster.join('lost', { UPLINK_URL: 'http://127.0.0.1:9' })
    const answer = await fetch(`http://127.0.0.1:${node.port}/readyz`)
    expect(answer.status).to.equal(503)
    expect(await answer.json()).to.include({ code: 'NOT_READY' })
    const refused = await fetch(`http://127.0.0.1:${node.port}/api?key=a`)
    expect(refused.status).to.equal(503)
    expect((await fetch(`http://127.0.0.1:${node.port}/livez`)).status).to.equal(200)
  })
})
