/** The secret of a cluster is changed while clients write and read: process by process, in the order that Operation gives. */
import { expect } from 'chai'
import { pause, systemClock } from '../../shared/clock.ts'
import { keyOf } from '../support/cluster.ts'
import { Load } from '../support/load.ts'
import { freePorts } from '../support/ports.ts'
import { startService, statusOf, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const KEY = 'a-wooden-spoon-0'
const [OLD, NEW] = ['what-members-showed', 'what-members-show-now']
const WITH_KEY = { 'api-key': KEY }
const SETTLE_MAX_MS = 30_000

/** The processes of a cluster, each on a port of its own that outlives it. */
class Ensemble implements AsyncDisposable {
  readonly urls: ReadonlyMap<string, string>
  readonly #ports: ReadonlyMap<string, number>
  readonly #running = new Map<string, TestProcess>()

  static async start(ids: readonly string[], secrets: string): Promise<Ensemble> {
    const ports = await freePorts(4)
    await using unfinished = new AsyncDisposableStack()
    const names = ['uplink', ...ids]
    const ensemble = unfinished.use(
      new Ensemble(new Map(names.map((name, index) => [name, ports[index] ?? 0]))),
    )
    for (const name of names) await ensemble.run(name, secrets)
    await ensemble.settled()
    unfinished.move()
    return ensemble
  }

  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports
    this.urls = new Map([...ports].map(([name, port]) => [name, `http://127.0.0.1:${port}`]))
  }

  get nodes(): string[] {
    return [...this.urls.keys()].filter((name) => name !== 'uplink')
  }

  urlOf(name: string): string {
    return this.urls.get(name) ?? ''
  }

  outputOf(name: string): string {
    return this.#running.get(name)?.stdout ?? ''
  }

  async run(name: string, secrets: string): Promise<void> {
    const own = { PORT: String(this.#ports.get(name)), CLUSTER_SECRET: secrets }
    const environment = { ...own, NODE_ID: name, API_KEY: KEY, UPLINK_URL: this.urlOf('uplink') }
    const isUplink = name === 'uplink'
    this.#running.set(name, await startService(isUplink ? 'uplink' : 'node', isUplink ? own : environment))
  }

  async stop(name: string): Promise<void> {
    expect(await this.#running.get(name)?.stop()).to.deep.equal({ code: 0, signal: null })
  }

  /** Waits until each node is ready, sees all of them, and has nothing to wait for. */
  async settled(): Promise<void> {
    for (const name of this.nodes)
      await until(
        () => this.standOf(name),
        ({ ready, members, arriving, short }) =>
          ready === 200 && members === this.nodes.length && arriving + short === 0,
        SETTLE_MAX_MS,
      )
  }

  async standOf(name: string) {
    const url = this.urlOf(name)
    const ask = async (path: string) => await (await fetch(url + path, { headers: WITH_KEY })).text()
    const { members, slots } = JSON.parse(await ask('/api/v1/cluster'))
    const [, short] = /^larder_slots_short (\d+)$/m.exec(await ask('/metrics')) ?? []
    const ready = await statusOf(`${url}/readyz`)
    // Where there are fewer members than copies it stays so.
    const isAlone = this.nodes.length === 1
    return { ready, members: members.length, arriving: slots.arriving, short: isAlone ? 0 : Number(short) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((one) => one.kill()))
  }
}

describe('the secret of a cluster', function () {
  this.timeout(180_000)

  it('is changed in three rounds, process by process, and nothing fails', async () => {
    await using ensemble = await Ensemble.start(['a', 'b', 'c'], OLD)
    const serving = new Map(ensemble.nodes.map((name) => [name, ensemble.urlOf(name)]))
    const load = new Load(() => [...serving.values()], WITH_KEY)
    for (const secrets of [`${OLD},${NEW}`, `${NEW},${OLD}`, NEW]) {
      for (const name of ['uplink', ...ensemble.nodes]) {
        serving.delete(name)
        await ensemble.stop(name)
        await ensemble.run(name, secrets)
        await ensemble.settled()
        if (name !== 'uplink') serving.set(name, ensemble.urlOf(name))
      }
    }
    await load.stop()
    expect(load.failures).to.deep.equal([])
    expect(load.rounds).to.be.above(100)
    for (const name of ensemble.nodes) expect(await load.differences(ensemble.urlOf(name))).to.deep.equal([])
    const renewal = { method: 'PUT', body: '{}', headers: { authorization: `Bearer ${OLD}` } }
    expect((await fetch(`${ensemble.urlOf('uplink')}/api/v1/members/a`, renewal)).status).to.equal(401)
  })

  it('is refused between members where it is not the same, and clients hear of it as a member out of reach', async () => {
    await using ensemble = await Ensemble.start(['a', 'b'], OLD)
    await ensemble.stop('uplink')
    await ensemble.run('uplink', `${OLD},${NEW}`)
    await ensemble.stop('b')
    await ensemble.run('b', NEW)
    const url = `${ensemble.urlOf('a')}/api?key=${keyOf('b', ['a', 'b'])}`
    await until(
      () => ensemble.standOf('a'),
      ({ members }) => members === 2,
    )
    const answer = await fetch(url, { headers: WITH_KEY })
    expect(await answer.json()).to.include({ status: 503, code: 'UNREACHABLE' })
    expect(ensemble.outputOf('a')).to.include('it does not take the secret of this member')
  })

  it('that uplink does not take keeps a member out, which says so and joins once it is taken', async () => {
    await using ensemble = await Ensemble.start(['a'], OLD)
    const [port] = await freePorts(1)
    const environment = {
      PORT: String(port),
      NODE_ID: 'b',
      CLUSTER_SECRET: NEW,
      UPLINK_URL: ensemble.urlOf('uplink'),
    }
    await using b = new TestProcess(process.execPath, ['node/main.ts'], { environment, channel: true })
    const readiness = async () => await (await fetch(`http://127.0.0.1:${port}/readyz`)).text()
    await b.says('uplink does not take the secret of this member')
    await pause(systemClock, 300) // It asks again, and goes on.
    expect(await readiness()).to.match(/not joined the cluster yet: uplink refuses.*CLUSTER_SECRET/)
    await ensemble.stop('uplink')
    await ensemble.run('uplink', `${OLD},${NEW}`)
    await until(
      () => statusOf(`http://127.0.0.1:${port}/readyz`),
      (status) => status === 200,
      SETTLE_MAX_MS,
    )
  })
})

describe('an API key', () => {
  it('does not stand in for a secret: a member with an uplink does not start with keys alone', async () => {
    const environment = { PORT: '0', API_KEY: KEY, UPLINK_URL: 'http://127.0.0.1:1' }
    const node = new TestProcess(process.execPath, ['node/main.ts'], { environment })
    expect(await node.ended).to.deep.equal({ code: 1, signal: null })
    expect(node.stderr).to.include('UPLINK_URL and API_KEY need a CLUSTER_SECRET')
    expect(node.stderr).to.not.include(KEY)
  })
})
