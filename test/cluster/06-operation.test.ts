/** What a person on call relies on: logs that can be followed, secrets that stay secret, an end in good order. */
import { expect } from 'chai'
import { keyOf, post } from '../support/cluster.ts'
import { freePorts } from '../support/ports.ts'
import { startService, statusOf, TestProcess } from '../support/process.ts'
import { ProcessCluster } from '../support/processes.ts'
import { RawRedis } from '../support/resp.ts'
import { until } from '../support/until.ts'

function lines(process: TestProcess): Record<string, unknown>[] {
  return process.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

describe('operating a cluster', () => {
  it('follows a request by its id through the member that was asked and the one that owns the key', async () => {
    await using cluster = await ProcessCluster.start(['a', 'b'])
    const [a, b] = [cluster.member('a'), cluster.member('b')]
    const url = `${a.url}/api?key=${keyOf('b', ['a', 'b'])}`
    const response = await fetch(url, { headers: { 'x-request-id': 'order-66' } })
    expect(response.headers.get('x-request-id')).to.equal('order-66')
    await a.process.says('order-66')
    await b.process.says('order-66')
    expect(lines(a.process).find(({ requestId }) => requestId)).to.include({ route: '/api', status: 200 })
    expect(lines(b.process).find(({ requestId }) => requestId)).to.include({ command: 'value.get' })
    expect((await fetch(`${a.url}/api?key=`)).headers.get('x-request-id')).to.match(/^[\w-]+\.\d+$/)
    const command = JSON.stringify(['GET', keyOf('b', ['a', 'b'])])
    await fetch(`${a.url}/redis`, { method: 'POST', body: command, headers: { 'x-request-id': 'order-67' } })
    await a.process.says('order-67')
    await b.process.says('order-67')
  })

  it('tells of each command of Redis by its name, and of no key, at debug alone', async () => {
    for (const [level, told] of [
      ['debug', ['get error', 'set ok', 'unknown error']],
      ['info', []],
    ] as const) {
      const [port, respPort] = await freePorts(2)
      const settings = { PORT: `${port}`, RESP_PORT: `${respPort}`, LOG_LEVEL: level }
      await using node = await startService('node', settings)
      await using redis = await RawRedis.connect(respPort)
      redis.say('set saffron v', 'get', 'saffron', 'ping')
      await redis.heard('+PONG\r\n')
      await node.stop()
      const commands = lines(node).flatMap(({ command, outcome }) =>
        outcome ? [`${command} ${outcome}`] : [],
      )
      expect(commands.filter((one) => one !== 'ping ok').sort()).to.deep.equal(told)
      expect(node.stdout).to.not.include('saffron')
    }
  })

  it('shows the secret to other members only, and never in a log', async () => {
    const environment = {
      CLUSTER_SECRET: 'a-pinch-of-salt-0',
      API_KEY: 'a-wooden-spoon-0,a-pitchfork-of-1',
      LOG_LEVEL: 'trace',
    }
    const uplink = { CLUSTER_SECRET: 'a-pinch-of-salt-0', LOG_LEVEL: 'trace' }
    await using cluster = await ProcessCluster.start([], { uplink })
    const [first, second] = await freePorts(2)
    const settings = { ...environment, UPLINK_URL: cluster.uplinkUrl }
    await using a = await startService('node', { ...settings, PORT: String(first), NODE_ID: 'a' })
    await using b = await startService('node', { ...settings, PORT: String(second), NODE_ID: 'b' })
    const url = `http://127.0.0.1:${first}`
    const headers = { 'api-key': 'a-pitchfork-of-1', 'content-type': 'application/json' }
    const body = JSON.stringify({ key: keyOf('b', ['a', 'b']), data: 1 })
    expect((await fetch(`${url}/api`, { method: 'POST', headers, body })).status).to.equal(200)
    const denied = await fetch(`${url}/api?key=a`, { headers: { 'api-key': 'knife' } })
    expect(denied.status).to.equal(401)
    expect((await fetch(`${url}/readyz`)).status).to.equal(200)
    expect((await fetch(`${url}/cluster/execute`, { method: 'POST', body: 'x' })).status).to.equal(401)
    const stranger = await fetch(`${cluster.uplinkUrl}/api/v1/members/x`, { method: 'PUT', body: '{}' })
    expect(stranger.status).to.equal(401)
    await Promise.all([a.stop(), b.stop()])
    for (const secret of ['a-pinch-of-salt-0', 'a-wooden-spoon-0', 'a-pitchfork-of-1']) {
      expect(a.stdout + a.stderr + b.stdout).to.not.include(secret)
    }
  })

  it('answers what is under way, leaves the view and exits 0 on SIGTERM', async () => {
    await using cluster = await ProcessCluster.start(['a', 'b'])
    const b = cluster.member('b')
    const answers = Array.from({ length: 50 }, (_, index) =>
      post(`${b.url}/api`, { key: `k${index}`, data: index }),
    )
    await Promise.all(answers)
    const ending = b.process.stop()
    expect(await ending).to.deep.equal({ code: 0, signal: null })
    expect((await cluster.view()).members.map(({ id }) => id)).to.deep.equal(['a'])
  })

  it('says at /readyz that it is leaving, while it still answers, also as a cluster of one', async () => {
    const [port] = await freePorts(1)
    await using node = await startService('node', { PORT: String(port) })
    const url = `http://127.0.0.1:${port}`
    const ending = node.stop()
    // Whoever goes on asking is answered meanwhile.
    await until(
      async () => [await statusOf(`${url}/readyz`), (await post(`${url}/api`, { key: 'k', data: 1 })).status],
      ([ready, posted]) => ready === 503 && posted === 200,
    )
    expect(await ending).to.deep.equal({ code: 0, signal: null })
  })

  it('says in one message all that is wrong with the settings, and which port is taken', async () => {
    const wrong = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { PORT: 'http', SHARD_LIMIT: '0', HOST: '0.0.0.0' },
    })
    expect(await wrong.ended).to.include({ code: 1 })
    for (const name of ['PORT', 'SHARD_LIMIT', 'CLUSTER_SECRET']) expect(wrong.stderr).to.include(name)
    await using cluster = await ProcessCluster.start(['a'])
    const port = new URL(cluster.member('a').url).port
    const second = new TestProcess(process.execPath, ['node/main.ts'], { environment: { PORT: port } })
    expect(await second.ended).to.include({ code: 1 })
    expect(second.stderr).to.include(`port ${port} is taken by another process: set PORT,`)
    const [free] = await freePorts(1)
    const third = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { PORT: `${free}`, RESP_PORT: port, DATA_DIR: 'off' },
    })
    expect(await third.ended).to.include({ code: 1 })
    expect(third.stderr).to.include(`port ${port} is taken by another process: set RESP_PORT,`)
  })

  it('refuses a node whose name another live member has', async () => {
    await using cluster = await ProcessCluster.start(['a'])
    const twin = new TestProcess(process.execPath, ['node/main.ts'], {
      environment: { PORT: '0', NODE_ID: 'a', UPLINK_URL: cluster.uplinkUrl },
    })
    expect(await twin.ended).to.include({ code: 1 })
    expect(twin.stderr).to.include('NODE_ID')
    expect((await cluster.view()).members).to.have.length(1)
  })
})
