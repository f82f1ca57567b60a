/** The image and docker-compose.yml in a real engine, as people run them: changed, killed and added to, under load. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { answers, Composition, docker, run, story } from '../support/docker.ts'
import { Load } from '../support/load.ts'
import { until } from '../support/until.ts'

const BALANCER = 'http://127.0.0.1:8080'
const NODES = [4000, 4001, 4002, 4003].map((port) => `http://127.0.0.1:${port}`)
const IMAGE = process.env['LARDER_IMAGE'] ?? 'larder'
const STORY_MAX_MS = 180_000
const BUILD_MAX_MS = 600_000
/** So long after a container was killed the balancer and the other members are rid of it. */
const NOTICED_MS = 1500
const KEY = 'a-key-for-the-story'

const isReady = (_: string, status: number) => status === 200
const hasMembers = (count: number) => (text: string) => JSON.parse(text).members?.length === count

await story('in a Docker engine', function () {
  this.timeout(STORY_MAX_MS)
  let composition: Composition
  before(async function () {
    this.timeout(BUILD_MAX_MS)
    composition = new Composition()
    // What a story that was ended before its end has left.
    await composition.compose('down', '--volumes', '--timeout', '1')
    if (IMAGE === 'larder') await composition.compose('build', 'uplink')
    await composition.compose('up', '-d', '--no-build', 'haproxy')
    await whole(4)
  })
  after(async () => await composition?.[Symbol.asyncDispose]())

  /** Until every node is ready, and sees so many. */
  async function whole(count: number): Promise<void> {
    for (const url of [...NODES, BALANCER]) await answers(`${url}/readyz`, isReady)
    for (const url of NODES) await answers(`${url}/api/v1/cluster`, hasMembers(count))
  }

  it('nothing runs as root, or can write beside its disk', async () => {
    for (const service of ['uplink', 'uplink-2', 'node-1', 'node-4', 'haproxy', 'redis']) {
      const id = await composition.idOf(service)
      const { Config, HostConfig } = JSON.parse(await docker('inspect', '--format', '{{json .}}', id))
      expect([Config.User, HostConfig.ReadonlyRootfs], service).to.deep.equal([
        { haproxy: 'haproxy', redis: 'redis' }[service] ?? 'node',
        true,
      ])
      expect(HostConfig.Memory, service).to.be.above(0)
      expect(HostConfig.LogConfig.Config, service).to.have.property('max-size')
    }
  })

  it('a changed setting is applied without a failed request', async () => {
    const load = new Load(() => [BALANCER])
    const { code, output } = await run(['scripts/rolling.sh'], {
      ...composition.environment,
      SHARD_LIMIT: '2',
    })
    await load.stop()
    expect(code, output).to.equal(0)
    expect(await docker('exec', await composition.idOf('node-3'), 'printenv', 'SHARD_LIMIT')).to.equal('2')
    expect(load.failures.join('\n')).to.equal('')
    expect(load.rounds).to.be.above(100)
    await whole(4)
    expect((await load.differences(BALANCER)).join('\n')).to.equal('')
  })

  it('a container that vanishes is noticed at once, also while one uplink is away', async () => {
    await composition.kill('uplink')
    const load = new Watch(BALANCER)
    await pause(systemClock, NOTICED_MS)
    await composition.kill('node-2')
    const killedAtMs = performance.now()
    await pause(systemClock, 3 * NOTICED_MS)
    const asked = await load.stop()
    const late = asked.filter(({ askedAtMs }) => askedAtMs > killedAtMs + NOTICED_MS)
    expect(late.length).to.be.above(100)
    expect(late.filter(({ problem }) => problem !== undefined)).to.deep.equal([])
    await composition.compose('up', '-d', '--no-build', 'uplink', 'node-2')
    await whole(4)
  })

  it('a fifth node is one command', async () => {
    await composition.compose('up', '-d', '--no-build', '--no-deps', 'node-5')
    await whole(5)
    await answers(`${BALANCER}/api/v1/cluster`, (text) => JSON.parse(text).id === 'node-5')
  })

  it('the routes that are there at first answer once their API is', async () => {
    await composition.compose('up', '-d', '--no-build', '--no-deps', 'demo-api')
    const answer = async () =>
      (await fetch(`${BALANCER}/server/templates/7`, { headers: { org_id: 'acme' } })).json()
    await answers('http://127.0.0.1:4600/calls', isReady)
    expect(await answer()).to.include({ type: 'template', id: '7', org: 'acme' })
  })

  it('without a secret nothing starts, and it says what to do', async () => {
    const { code, output } = await composition.tryCompose(['config'], { CLUSTER_SECRET: '' })
    expect(code).not.to.equal(0)
    expect(output).to.match(/make one, once, with: \.\/scripts\/secret\.sh \.env\s*$/m)
  })

  it('a ROUTES_FILE that is not there is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'larder-story-'))
    try {
      const ROUTES_FILE = join(folder, 'routes.json')
      const node = ['up', '-d', '--no-build', '--no-deps', 'node-6']
      const refused = await composition.tryCompose(node, { ROUTES_FILE })
      if (refused.code !== 0) return expect(refused.output).to.include(ROUTES_FILE)
      // Newer versions of Compose have made a folder of that name.
      const logs = async () => (await composition.compose('logs', 'node-6')).includes('no file but a folder')
      await until(logs, (isSaid) => isSaid)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  describe('the image by itself', () => {
    async function start(...settings: string[]): Promise<AsyncDisposable & { url: string; id: string }> {
      const id = await docker('run', '-d', '-p', '127.0.0.1::4000', ...settings, IMAGE)
      const port = /:(\d+)$/m.exec(await docker('port', id, '4000'))?.[1]
      return {
        id,
        url: `http://127.0.0.1:${port}`,
        [Symbol.asyncDispose]: async () => void (await docker('rm', '-f', '-v', id)),
      }
    }

    it('answers where a key is set, to whoever shows it', async () => {
      await using node = await start('-e', `API_KEY=${KEY}`)
      await answers(`${node.url}/readyz`, isReady)
      const put = (headers: Record<string, string>) =>
        fetch(`${node.url}/api/v1/kv/jam`, { method: 'PUT', body: 'plum', headers })
      expect((await put({})).status).to.equal(401)
      expect((await put({ 'api-key': KEY })).status).to.equal(201)
      expect(await docker('exec', node.id, 'ls', '/data')).to.include('.db')
    })

    it('answers where it is said that nobody needs one', async () => {
      await using node = await start('-e', 'ALLOW_ANONYMOUS=on')
      await answers(`${node.url}/readyz`, isReady)
      expect((await fetch(`${node.url}/api?key=jam`)).status).to.equal(200)
      await docker('exec', node.id, 'probe', '/readyz')
    })

    it('says what is to be set where neither is', async () => {
      const { code, output } = await run(['docker', 'run', '--rm', IMAGE], process.env)
      expect(code).to.equal(1)
      expect(output).to.include('ALLOW_ANONYMOUS=on')
    })
  })
})

interface Asked {
  readonly askedAtMs: number
  readonly problem: string | undefined
}

/** Clients that write and read all the time, and note when they asked for what was not answered. */
class Watch {
  readonly #asked: Asked[] = []
  readonly #running: Promise<unknown>
  #isOver = false

  constructor(url: string) {
    this.#running = Promise.all(Array.from({ length: 8 }, (_, client) => this.#run(url, client)))
  }

  async stop(): Promise<readonly Asked[]> {
    this.#isOver = true
    await this.#running
    return this.#asked
  }

  async #run(url: string, client: number): Promise<void> {
    for (let round = 0; !this.#isOver; round++) {
      const askedAtMs = performance.now()
      const key = `${url}/api/v1/kv/watch:${client}:${round % 50}`
      const problem = await fetch(key, round % 100 < 50 ? { method: 'PUT', body: 'x' } : {}).then(
        async (response) => {
          const text = await response.text()
          return response.ok ? undefined : `${response.status} ${text}`
        },
        (error) => String(error),
      )
      this.#asked.push({ askedAtMs, problem })
    }
  }
}
