/** A cluster that speaks TLS throughout, with an authority of its own: clients, members, their channels, and uplink. */
import { Agent } from 'node:https'
import { connect } from 'node:tls'
import { expect } from 'chai'
import fetch from 'node-fetch'
import type { Environment } from '../../shared/config.ts'
import { Authority, type Pair, replace, settingsOf } from '../support/authority.ts'
import { keysOf } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

const SECRET = 'what-members-show-each-other'
const IDS = ['a', 'b', 'c']
const JOIN_MAX_MS = 30_000

interface View {
  readonly members: readonly { readonly id: string; readonly url: string }[]
}

describe('a cluster with TLS', function () {
  this.timeout(120_000)
  const processes = new Map<string, TestProcess>()
  let authority: Authority
  let pair: Pair
  let agent: Agent
  let urls: Readonly<Record<string, string>>
  let uplinkUrl: string

  function start(name: string, environment: Environment): TestProcess {
    const entry = name === 'uplink' ? 'uplink/main.ts' : 'node/main.ts'
    const child = new TestProcess(process.execPath, [entry], {
      environment: { CLUSTER_SECRET: SECRET, NODE_ID: name, ...environment },
      channel: true,
    })
    processes.set(name, child)
    return child
  }

  async function call(url: string, init: { method?: string; body?: string } = {}) {
    const response = await fetch(url, { ...init, agent })
    return { status: response.status, text: await response.text() }
  }

  async function view(url: string): Promise<View> {
    return JSON.parse((await call(`${url}/api/v1/cluster`)).text)
  }

  async function standOf(url: string): Promise<string> {
    try {
      return `${(await call(`${url}/readyz`)).status} ${(await view(url)).members.length}`
    } catch (error) {
      return String(error)
    }
  }

  before(async function () {
    needTool(this, 'openssl')
    authority = new Authority()
    pair = authority.sign('all')
    agent = new Agent({ ca: authority.ca, maxCachedSessions: 0 })
    const [uplink, a, b, c] = await freePorts(4)
    uplinkUrl = `https://127.0.0.1:${uplink}`
    urls = { a: `https://127.0.0.1:${a}`, b: `https://127.0.0.1:${b}`, c: `https://127.0.0.1:${c}` }
    const tls = settingsOf(pair, authority)
    await start('uplink', { ...tls, PORT: String(uplink) }).says('uplink listens', JOIN_MAX_MS)
    for (const id of IDS) start(id, { ...tls, PORT: new URL(urls[id] ?? '').port, UPLINK_URL: uplinkUrl })
    for (const url of Object.values(urls))
      await until(
        () => standOf(url),
        (stand) => stand === `200 ${IDS.length}`,
        JOIN_MAX_MS,
      )
  })

  after(async () => {
    agent?.destroy()
    for (const child of processes.values()) await child.kill()
    authority?.[Symbol.dispose]()
  })

  it('is called at https, whatever the way to the owner', async () => {
    const { members } = await view(urls['a'] ?? '')
    expect(members.map(({ url }) => url).sort()).to.deep.equal(Object.values(urls).sort())
    const [key = ''] = keysOf('b', IDS, 1)
    const put = await call(`${urls['a']}/api/v1/kv/${key}`, { method: 'PUT', body: '"soup"' })
    expect(put.status).to.equal(201)
    expect((await call(`${urls['c']}/api/v1/kv/${key}`)).text).to.equal('"soup"')
    const page = await call(`${urls['b']}/metrics`)
    // Channels, which are what members keep open to each other.
    expect(Number(/^larder_connections\{of="members"\} (\d+)/m.exec(page.text)?.[1])).to.be.at.least(4)
    expect(page.text).to.match(
      /larder_http_requests_total\{method="POST",route="\/cluster\/execute",status="200"\} [1-9]/,
    )
  })

  it('notices by way of TLS that a member was killed, and lets it in again', async () => {
    await processes.get('c')?.kill()
    const two = async () => JSON.parse((await call(`${uplinkUrl}/api/v1/view`)).text) as View
    await until(two, ({ members }) => members.length === 2)
    start('c', { ...settingsOf(pair, authority), PORT: new URL(urls['c'] ?? '').port, UPLINK_URL: uplinkUrl })
    await until(two, ({ members }) => members.length === 3, JOIN_MAX_MS)
  })

  it('renews what it shows on SIGHUP, while channels and requests go on', async () => {
    replace(pair, authority.sign('renewed'))
    const shown = (url: string) =>
      new Promise<string>((resolve, reject) => {
        const { hostname: host, port } = new URL(url)
        const socket = connect({ host, port: Number(port), ca: authority.ca }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN))
          socket.destroy()
        }).on('error', reject)
      })
    for (const child of processes.values()) process.kill(child.pid, 'SIGHUP')
    for (const url of [uplinkUrl, ...Object.values(urls)])
      await until(
        () => shown(url),
        (name) => name === 'renewed',
      )
    for (const [index, key] of keysOf('b', IDS, 20).entries()) {
      const put = await call(`${urls['a']}/api/v1/kv/${key}`, { method: 'PUT', body: String(index) })
      expect(put.status).to.be.oneOf([201, 204])
    }
    for (const child of processes.values()) expect(child.hasEnded).to.equal(false)
  })

  it('keeps out a member whose certificate is of another authority, and it says why', async () => {
    using other = new Authority()
    const [port] = await freePorts(1)
    const files = { ...settingsOf(other.sign('stranger'), other), TLS_CA_FILE: authority.caFile }
    const stranger = start('d', { ...files, PORT: String(port), UPLINK_URL: uplinkUrl })
    await stranger.says('do not reach')
    expect((await view(urls['a'] ?? '')).members.map(({ id }) => id)).not.to.include('d')
    await stranger.kill()
  })

  it('is not believed by a member that checks by another authority', async () => {
    using other = new Authority()
    const [port] = await freePorts(1)
    const files = { ...settingsOf(pair, authority), TLS_CA_FILE: other.caFile }
    const doubting = start('e', { ...files, PORT: String(port), UPLINK_URL: uplinkUrl })
    await doubting.says('unable to verify the first certificate')
    await doubting.kill()
  })
})
