/** Members of different versions: they work together while one replaces the other, and one that is too far from the others stays outside. */
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { FORMER } from '../../node/cluster/wire/format.ts'
import { Cluster, get, keyOf, post } from '../support/cluster.ts'
import { Load } from '../support/load.ts'
import { freePorts } from '../support/ports.ts'
import { statusOf, TestProcess } from '../support/process.ts'
import { ProcessCluster } from '../support/processes.ts'
import { until } from '../support/until.ts'

const NOT_UNDERSTOOD = 'a member is not understood'

/** The way to an uplink that is told no formats, as one of before. */
class Gate implements AsyncDisposable {
  readonly #server: Server

  static async to(uplinkUrl: string): Promise<Gate> {
    const gate = new Gate(uplinkUrl)
    await once(gate.#server, 'listening')
    return gate
  }

  private constructor(uplinkUrl: string) {
    this.#server = createServer(async (message, response) => {
      const said = await text(message)
      const body =
        message.method === 'PUT' ? JSON.stringify({ ...JSON.parse(said), formats: undefined }) : said
      const { method } = message
      const headers = { ...message.headers, 'content-length': Buffer.byteLength(body) }
      const onward = request(uplinkUrl + message.url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on('error', () => response.destroy())
      response.on('close', () => onward.destroy())
      onward.end(body)
    }).listen(0, '127.0.0.1')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

describe('a member that speaks another number', function () {
  this.timeout(60_000)
  const keys = Array.from({ length: 60 }, (_, index) => `dish:${index}`)

  it('is named in all logs, is not ready, owns nothing, and takes nothing from the others', async () => {
    await using cluster = await ProcessCluster.start(['a', 'b'])
    const [a, b] = [cluster.member('a'), cluster.member('b')]
    const ops = keys.flatMap((key) => [
      { op: 'set', key, data: key },
      { op: 'increment', key: `${key}:total`, by: 3 },
    ])
    await post(`${a.url}/api/v1/batch`, { ops })
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const environment = { PORT: String(port), NODE_ID: 'c', UPLINK_URL: cluster.uplinkUrl }
    await using c = new TestProcess(process.execPath, ['test/support/node-of-formats.ts', '9', '8'], {
      environment,
      channel: true,
    })
    for (const one of [a.process, b.process, c]) await one.says(NOT_UNDERSTOOD)
    expect(a.process.stdout).to.match(/"peer":"c","version":"[\d.]+","formats":\[9,8\],"ownFormats":\[4,3\]/)
    for (const key of keys) {
      for (const member of [a, b]) {
        expect(await get(`${member.url}/api?key=${key}`)).to.deep.nested.include({
          status: 200,
          'body.data': key,
        })
        expect((await get(`${member.url}/api/v1/counters/${key}:total`)).body['value']).to.equal('3')
      }
    }
    const atStranger = keys.flatMap((key) => [`${url}/api?key=${key}`, `${url}/api/v1/counters/${key}`])
    const refusals = await Promise.all(atStranger.map(async (path) => (await get(path)).status))
    expect(new Set(refusals)).to.deep.equal(new Set([503]))
    const readiness = await get(`${url}/readyz`)
    expect(readiness.status).to.equal(503)
    expect(readiness.body['detail']).to.match(/uplink refuses, c \(.*\) has no format in common with a /)
    expect((await get(`${url}/api/v1/cluster`)).body['slots']).to.deep.include({ owned: 0, replicated: 0 })
    for (const member of [a, b]) expect(await statusOf(`${member.url}/readyz`)).to.equal(200)
    expect((await cluster.view()).members.map(({ id }) => id)).to.deep.equal(['a', 'b'])
    const ends = await Promise.all([c, b.process, a.process].map((one) => one.stop()))
    expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0])
  })

  it('is out of reach where it is among the members all the same, and has not nothing', async () => {
    await using cluster = await Cluster.start({ ids: ['a', 'b'] })
    await using gate = await Gate.to(cluster.uplink.url)
    await cluster.join('c', { UPLINK_URL: gate.url }, [9])
    await until(
      () => cluster.metric('a', 'larder_members'),
      (members) => members === 3,
    )
    const key = keyOf('c', ['a', 'b', 'c'])
    for (const asking of ['a', 'b']) {
      expect(await get(`${cluster.url(asking)}/api?key=${key}`)).to.nested.include({
        status: 503,
        'body.code': 'UNREACHABLE',
      })
      expect((await get(`${cluster.url(asking)}/api/v1/counters/${key}`)).status).to.equal(503)
      expect(await statusOf(`${cluster.url(asking)}/readyz`)).to.equal(200)
    }
    const readiness = await get(`${cluster.url('c')}/readyz`)
    expect(readiness.body['detail']).to.match(/understands none of the others: a \(version .*, b \(version/)
  })
})

describe('a rolling upgrade', function () {
  this.timeout(60_000)
  it('fails nothing and loses nothing while all members are replaced, one after the other', async () => {
    const ids = ['a', 'b', 'c']
    await using cluster = await Cluster.start({ ids: [] })
    for (const id of ids) await cluster.join(id, {}, [FORMER])
    await cluster.settle()
    const serving = new Map(ids.map((id) => [id, cluster.url(id)]))
    const load = new Load(() => [...serving.values()])
    for (const id of ids) {
      serving.delete(id)
      await cluster.leave(id)
      await cluster.join(id)
      await cluster.settle()
      serving.set(id, cluster.url(id))
    }
    await load.stop()
    expect(load.failures).to.deep.equal([])
    expect(load.rounds).to.be.above(100)
    for (const id of ids) expect(await load.differences(cluster.url(id))).to.deep.equal([])
  })
})
