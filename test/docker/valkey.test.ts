/** The profile `engine` of docker-compose.yml in a real engine: nodes over a Valkey cluster that is killed and made anew. */
import { expect } from 'chai'
import { answers, Composition, story } from '../support/docker.ts'
import { until } from '../support/until.ts'

const BALANCER = 'http://127.0.0.1:8080'
const NODES = [4000, 4001, 4002, 4003].map((port) => `http://127.0.0.1:${port}`)
const IMAGE = process.env['LARDER_IMAGE'] ?? 'larder'
const STORY_MAX_MS = 180_000
const BUILD_MAX_MS = 600_000

await story('over a Valkey cluster in a Docker engine', function () {
  this.timeout(STORY_MAX_MS)
  const keys = Array.from({ length: 60 }, (_, index) => `dish-${index}`)
  let composition: Composition
  before(async function () {
    this.timeout(BUILD_MAX_MS)
    composition = new Composition({
      COMPOSE_PROFILES: 'engine',
      ENGINE_URL: 'redis://engine:6379',
      ENGINE_WAIT_REPLICAS: '1',
      UPLINK_URL: '',
    })
    await composition.compose('down', '--volumes', '--timeout', '1')
    if (IMAGE === 'larder') await composition.compose('build', 'uplink')
    await composition.compose('up', '-d', '--no-build')
  })
  after(async () => await composition?.[Symbol.asyncDispose]())

  const path = (key: string) => `/api/v1/kv/${key}`
  const isWhole = (text: string) => {
    const primaries: { replicas: unknown[] }[] = JSON.parse(text).engine?.primaries ?? []
    return primaries.length === 3 && primaries.every(({ replicas }) => replicas.length === 1)
  }
  const isThere = async (key: string, index: number) =>
    await answers(`${NODES[index % NODES.length]}${path(key)}`, (text) => text === key)

  it('every key is there, wherever it is asked for', async () => {
    for (const url of [...NODES, BALANCER]) await answers(`${url}/readyz`, (_, status) => status === 200)
    for (const url of NODES) await answers(`${url}/api/v1/cluster`, isWhole)
    for (const key of keys) {
      const put = () => fetch(`${BALANCER}${path(key)}`, { method: 'PUT', body: key })
      // Said where no replica had it in time, from which it could be lost with its primary.
      const { status } = await until(put, ({ headers }) => headers.get('larder-replicas') === null)
      expect(status, key).to.be.oneOf([200, 201])
    }
    for (const [index, key] of keys.entries()) await isThere(key, index)
  })

  it('a primary that vanishes is replaced, and takes nothing along', async () => {
    await composition.kill('valkey-1')
    for (const [index, key] of keys.entries()) await isThere(key, index)
    await answers(`${BALANCER}/api/v1/cluster`, (text) => !text.includes('"address":"valkey-1:'))
  })

  it('servers that are made anew are the same cluster', async () => {
    await composition.compose('down', '--timeout', '20')
    await composition.compose('up', '-d', '--no-build')
    for (const [index, key] of keys.entries()) await isThere(key, index)
    expect(await composition.compose('logs', 'valkey-cluster')).to.include('cluster_slots_assigned:16384')
  })
})
