/** TLS at the load balancer: towards clients, and towards nodes that speak it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { expect } from 'chai'
import fetch from 'node-fetch'
import { Authority } from '../support/authority.ts'
import { Haproxy } from '../support/haproxy.ts'
import { startTestNode } from '../support/node.ts'
import { freePorts } from '../support/ports.ts'
import { TestProcess } from '../support/process.ts'
import { needTool } from '../support/tool.ts'

describe('the load balancer', () => {
  let authority: Authority
  let LB_CERT: string
  let agent: Agent
  before(function () {
    needTool(this, 'haproxy')
    needTool(this, 'openssl')
    authority = new Authority()
    const { certFile, keyFile } = authority.sign('balancer')
    LB_CERT = join(authority.folder, 'both.pem')
    writeFileSync(LB_CERT, readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'))
    agent = new Agent({ ca: authority.ca })
  })
  after(() => authority?.[Symbol.dispose]())

  it('speaks TLS with clients where it has a certificate, and nothing else', async () => {
    await using node = await startTestNode()
    const [second, third, fourth] = await freePorts(3)
    await using haproxy = await Haproxy.start([Number(new URL(node.url).port), second, third, fourth], {
      LB_CERT,
    })
    await haproxy.sees('node-1', 'UP')
    const origin = haproxy.url
    const put = await fetch(`${haproxy.url}/api/v1/kv/jam`, {
      method: 'PUT',
      body: 'plum',
      headers: { origin },
      agent,
    })
    expect(put.status).to.equal(201)
    expect(await (await fetch(`${haproxy.url}/api/v1/kv/jam`, { agent })).text()).to.equal('plum')
    const plain = await fetch(haproxy.url.replace('https', 'http')).catch(() => undefined)
    expect(plain?.ok ?? false).to.equal(false)
  })

  it('asks nodes over TLS where their authority is named, and only those that it has signed', async () => {
    using stranger = new Authority()
    const [known, unknown, third, fourth] = await freePorts(4)
    await using _known = await secureNode(known, authority)
    await using _unknown = await secureNode(unknown, stranger)
    const settings = { LB_CERT, NODES_CA: authority.caFile }
    await using haproxy = await Haproxy.start([known, unknown, third, fourth], settings)
    await haproxy.sees('node-1', 'UP')
    await haproxy.sees('node-2', 'DOWN')
    expect((await fetch(`${haproxy.url}/api?key=jam`, { agent })).status).to.equal(200)
  })
})

async function secureNode(port: number, authority: Authority): Promise<TestProcess> {
  const { certFile: TLS_CERT_FILE, keyFile: TLS_KEY_FILE } = authority.sign('node')
  const environment = { PORT: String(port), DATA_DIR: 'off', TLS_CERT_FILE, TLS_KEY_FILE }
  const node = new TestProcess(process.execPath, ['node/main.ts'], { environment, channel: true })
  await node.says('listening')
  return node
}
