/** Keys with rights in a cluster: the same through any node, and, of a process, changed without a stop. */
import { expect } from 'chai'
import { Cluster } from '../support/cluster.ts'
import { KeysFile, withKey } from '../support/keys.ts'
import { freePorts } from '../support/ports.ts'
import { startService, statusOf, TestProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const ADMIN = { 'api-key': 'a-wooden-spoon-0' }
const SECRET = 'what-members-show'
const SHOP = { can: ['read', 'write'], prefix: 'shop:' }

describe('keys with rights', function () {
  this.timeout(120_000)

  it('are the same at every node, also of what other members tell', async () => {
    using file = new KeysFile({ shop: SHOP })
    await using cluster = await Cluster.start({
      ids: ['a', 'b', 'c'],
      node: { API_KEY: ADMIN['api-key'], KEYS_FILE: file.path, CLUSTER_SECRET: SECRET },
      uplink: { CLUSTER_SECRET: SECRET },
    })
    const urls = ['a', 'b', 'c'].map((id) => cluster.url(id))
    const react = (content_id: string, user_id: string) => {
      const body = { type: 'reaction', action: 'add', content_id, user_id, reaction_type: 'fire' }
      const headers = { ...ADMIN, 'content-type': 'application/json' }
      const [url] = urls
      return fetch(`${url}/api/v1/reaction`, { method: 'POST', headers, body: JSON.stringify(body) })
    }
    for (let index = 0; index < 12; index++) {
      // The others have more users, so that a list that is cut before it is sifted has none of the shop.
      for (const user of ['Sam', 'Ann']) expect((await react(`bank:${index}`, user)).status).to.equal(201)
      expect((await react(`shop:${index}`, 'Sam')).status).to.equal(201)
    }
    for (const url of urls) {
      const answer = await fetch(`${url}/api/v1/activity?limit=12`, { headers: withKey('shop') })
      const { activity } = (await answer.json()) as { activity: { content_id: string }[] }
      const shops = Array.from({ length: 12 }, (_, index) => `shop:${index}`).sort()
      expect(activity.map(({ content_id }) => content_id)).to.deep.equal(shops)
      for (const [key, status] of [
        ['shop:0', 200],
        ['bank:0', 403],
      ] as const) {
        const path = `/api/v1/reaction/reactions_count/${encodeURIComponent(key)}`
        expect((await fetch(url + path, { headers: withKey('shop') })).status).to.equal(status)
      }
    }
  })

  it('are read anew on SIGHUP while requests go on, and a bad file changes nothing', async () => {
    using file = new KeysFile({ shop: SHOP })
    const [port] = await freePorts(1)
    await using node = await startService('node', { PORT: String(port), KEYS_FILE: file.path })
    const url = `http://127.0.0.1:${port}/api/v1/kv/shop%3A1`
    const status = async (name: string) => (await fetch(url, { headers: withKey(name) })).status
    expect([await status('shop'), await status('till')]).to.deep.equal([404, 401])
    file.write({ till: SHOP })
    process.kill(node.pid, 'SIGHUP')
    await until(
      () => status('till'),
      (answered) => answered === 404,
    )
    expect(await status('shop')).to.equal(401)
    file.writeText('{"keys": [{"name": "till"}]}')
    process.kill(node.pid, 'SIGHUP')
    await node.says('KEYS_FILE cannot be used')
    expect(node.stdout).to.match(/KEYS_FILE=.*line 1: keys\.0\.sha256/)
    expect(await status('till')).to.equal(404)
    expect(await node.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('are no reason to go on after SIGHUP where there is no file', async () => {
    const [port] = await freePorts(1)
    await using node = await startService('node', { PORT: String(port) })
    process.kill(node.pid, 'SIGHUP')
    expect(await node.ended).to.deep.equal({ code: 0, signal: null })
  })

  it('stop the start where they cannot be used, and where there is no secret beside an uplink', async () => {
    using file = new KeysFile({ shop: SHOP })
    const start = (environment: Record<string, string>) =>
      new TestProcess(process.execPath, ['node/main.ts'], {
        environment: { PORT: '0', ...environment },
      }).finished()
    const alone = await start({ KEYS_FILE: file.path, UPLINK_URL: 'http://127.0.0.1:1' })
    expect([alone.code, alone.stderr]).to.deep.include(1)
    expect(alone.stderr).to.include('UPLINK_URL and KEYS_FILE need a CLUSTER_SECRET')
    file.writeText('{"keys": [{"name": "shop", "can": ["read"], "sha": 1}]}')
    const broken = await start({ KEYS_FILE: file.path })
    expect(broken.code).to.equal(1)
    expect(broken.stderr).to.include('keys.0.sha256').and.include('keys.0.sha: there is no such field')
  })
})

describe('a node that others can reach', function () {
  this.timeout(60_000)

  it('starts with a key, or where it is said that nobody needs one', async () => {
    const [port] = await freePorts(1)
    const beyond = { HOST: '0.0.0.0', PORT: String(port), CLUSTER_SECRET: SECRET }
    await using refused = new TestProcess(process.execPath, ['node/main.ts'], { environment: beyond })
    expect((await refused.finished()).stderr).to.include('ALLOW_ANONYMOUS=on')
    for (const [environment, status] of [
      [{ API_KEY: ADMIN['api-key'] }, 401],
      [{ ALLOW_ANONYMOUS: 'on' }, 200],
    ] as const) {
      await using node = await startService('node', { ...beyond, ...environment })
      expect(await statusOf(`http://127.0.0.1:${port}/api?key=a`)).to.equal(status)
      await node.stop()
    }
  })
})
