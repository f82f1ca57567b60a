/** When the Redis under a node is full, forgets its scripts, hangs, is gone, or does not let the node in. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { Authority } from '../support/authority.ts'
import { get, post } from '../support/cluster.ts'
import { NodesOverRedis } from '../support/engine.ts'
import { freePorts } from '../support/ports.ts'
import { RedisServer } from '../support/redis.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'

describe('a node over a Redis in trouble', () => {
  let nodes: NodesOverRedis
  let redis: Redis

  beforeEach(async function () {
    needTool(this, 'redis-server')
    nodes = await NodesOverRedis.start({ ids: ['a'], node: { PEER_TIMEOUT_MS: '2000' } })
    redis = new Redis(nodes.redis.url, { lazyConnect: true, retryStrategy: () => null })
    redis.on('error', () => {})
    await redis.connect()
  })
  afterEach(async () => {
    redis?.disconnect()
    nodes?.redis.resume()
    await nodes?.[Symbol.asyncDispose]()
  })

  const at = (path: string) => `${nodes.url('a')}${path}`
  const store = (key: string) => post(at('/api'), { key, data: 'x'.repeat(100) })
  const readiness = () => get(at('/readyz'))

  it('goes on where its scripts were flushed', async () => {
    await store('a')
    await redis.script('FLUSH')
    expect((await Promise.all(['a', 'b', 'c'].map(store))).map(({ status }) => status)).to.deep.equal([
      200, 200, 200,
    ])
  })

  it('says that memory is full, and goes on to read and to delete', async () => {
    await store('a')
    await redis.config('SET', 'maxmemory', '1')
    const { status, body } = await store('b')
    expect({ status, code: body['code'] }).to.deep.equal({ status: 507, code: 'MEMORY_FULL' })
    expect((await post(at('/api/v1/counters/c'), {})).status).to.equal(507)
    expect((await get(at('/api?key=a'))).body['data']).to.have.lengthOf(100)
    const gone = await fetch(at('/api/v1/kv/a'), { method: 'DELETE' })
    expect(gone.status).to.equal(204)
    expect((await get(at('/api?key=a'))).body['data']).to.equal(null)
  })

  it('answers in time where it hangs, is not ready then, and is again', async () => {
    nodes.redis.hang()
    const { status, body } = await store('a')
    expect({ status, code: body['code'] }).to.deep.equal({ status: 503, code: 'UNREACHABLE' })
    const unready = await until(readiness, ({ status }) => status === 503)
    expect(unready.body['detail']).to.include('The engine')
    nodes.redis.resume()
    await until(readiness, ({ status }) => status === 200)
    expect((await store('a')).status).to.equal(200)
  })

  it('takes no more than may wait, and says so at once', async () => {
    const { node, ready } = await nodes.starting('b', { MAX_QUEUE: '10', PEER_TIMEOUT_MS: '2000' })
    await ready()
    nodes.redis.hang()
    const asked = Array.from({ length: 30 }, (_, index) => get(`${node}/api?key=${index}`))
    const first = await Promise.race(asked)
    expect(first.body['code']).to.equal('OVERLOADED')
    const codes = (await Promise.all(asked)).map(({ body }) => body['code'])
    expect(codes.filter((code) => code === 'OVERLOADED')).to.have.lengthOf(20)
    expect(codes.filter((code) => code === 'UNREACHABLE')).to.have.lengthOf(10)
    nodes.redis.resume()
    await until(
      () => get(`${node}/api?key=1`),
      ({ status }) => status === 200,
    )
  })

  it('speaks TLS with whom its authority has signed, and with nobody else', async function () {
    needTool(this, 'openssl')
    using authority = new Authority()
    const { certFile, keyFile } = authority.sign('engine')
    const [port] = await freePorts(1)
    const files = [
      '--tls-cert-file',
      certFile,
      '--tls-key-file',
      keyFile,
      '--tls-ca-cert-file',
      authority.caFile,
    ]
    await using _ = await RedisServer.start([
      '--tls-port',
      String(port),
      '--tls-auth-clients',
      'no',
      ...files,
    ])
    const url = { ENGINE_URL: `rediss://127.0.0.1:${port}` }
    const trusting = await nodes.starting('b', { ...url, TLS_CA_FILE: authority.caFile })
    await trusting.ready()
    expect((await post(`${trusting.node}/api`, { key: 'a', data: 1 })).status).to.equal(200)
    const { node } = await nodes.starting('c', url)
    const refused = await until(
      () => get(`${node}/readyz`),
      ({ body }) => /certificate/.test(String(body['detail'])),
    )
    expect(refused.status).to.equal(503)
  })

  it('fails at once where it is gone, and is ready once it is back', async () => {
    await nodes.redis.kill()
    await until(
      () => store('a'),
      ({ status }) => status === 503,
    )
    await until(readiness, ({ body }) =>
      String(body['detail']).endsWith('out of reach: it is not connected.'),
    )
    const command = await fetch(at('/redis/get/a'))
    expect([command.status, command.headers.get('retry-after')]).to.deep.equal([503, '1'])
    expect(await command.json())
      .to.have.property('error')
      .that.includes('TRYAGAIN')
    await nodes.redis.restart()
    await until(readiness, ({ status }) => status === 200)
    expect((await store('a')).status).to.equal(200)
  })

  it('says why it is not let in, and needs no restart once it is', async () => {
    await redis.config('SET', 'requirepass', 'sesame')
    const url = nodes.redis.url.replace('//', '//:wrong@')
    const { node, ready } = await nodes.starting('b', { ENGINE_URL: url })
    const refused = await until(
      () => get(`${node}/readyz`),
      ({ body }) => String(body['detail']).includes('WRONGPASS'),
    )
    expect(refused.status).to.equal(503)
    await redis.config('SET', 'requirepass', 'wrong')
    await ready()
  })

  it('tells of writes that replicas do not have in time, and waits for those that there are', async () => {
    const { node, ready } = await nodes.starting('b', { ENGINE_WAIT_REPLICAS: '1' })
    await ready()
    const write = () => fetch(`${node}/api/v1/counters/c`, { method: 'POST' })
    expect((await write()).headers.get('larder-replicas')).to.equal('0')
    expect((await fetch(`${node}/api/v1/counters/c`)).headers.get('larder-replicas')).to.equal(null)
    const [host = '', port = ''] = nodes.redis.address.split(':')
    await using _ = await RedisServer.start(['--replicaof', host, port])
    await until(
      async () => String(await redis.info('replication')),
      (info) => info.includes('state=online'),
    )
    const told = await until(write, ({ headers }) => headers.get('larder-replicas') === null)
    expect(told.status).to.equal(200)
  })
})
