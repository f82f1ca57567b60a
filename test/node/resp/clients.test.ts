/** Clients of Redis as they come, with their defaults, and what is built on them. */
import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import KeyvRedis from '@keyv/redis'
import { expect } from 'chai'
import { Redis as IoRedis } from 'ioredis'
import { createClient } from 'redis'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import { Authority, settingsOf } from '../../support/authority.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { needTool } from '../../support/tool.ts'

const KEY = 'a-key-of-sixteen-or-more'
const run = promisify(execFile)

describe('a client of Redis:', () => {
  let node: TestNode
  let port: string
  beforeEach(async () => {
    node = await startTestNode({ RESP_PORT: '0', API_KEY: KEY })
    port = String(node.node.respPort)
  })
  afterEach(() => node[Symbol.asyncDispose]())

  for (const name of ['ioredis', 'ioredis-6'])
    it(name, async () => {
      const { Redis }: typeof import('ioredis') = await import(name)
      const redis = new Redis(Number(port), { password: KEY })
      expect(await redis.set('k', 'v', 'EX', 100)).to.equal('OK')
      expect(await redis.pipeline().get('k').incr('n').sadd('s', 'a').ttl('k').exec()).to.deep.equal([
        [null, 'v'],
        [null, 1],
        [null, 1],
        [null, 100],
      ])
      expect(await redis.scan(0))
        .to.have.property('1')
        .with.members(['k', 'n', 's'])
      redis.disconnect()
    })

  it('over TLS', async function () {
    needTool(this, 'openssl')
    using authority = new Authority()
    await using other = await startTestNode({
      RESP_PORT: '0',
      ...settingsOf(authority.sign('node'), authority),
    })
    const redis = new IoRedis(other.node.respPort ?? 0, { tls: { ca: authority.ca } })
    expect(await redis.set('k', 'v')).to.equal('OK')
    expect(await redis.get('k')).to.equal('v')
    redis.disconnect()
  })

  it('node-redis', async () => {
    const redis = await createClient({ url: `redis://:${KEY}@127.0.0.1:${port}` }).connect()
    expect(await redis.set('k', 'v', { expiration: { type: 'EX', value: 100 } })).to.equal('OK')
    expect(
      await Promise.all([redis.get('k'), redis.incr('n'), redis.sAdd('s', ['a', 'b']), redis.ttl('k')]),
    ).to.deep.equal(['v', 1, 2, 100])
    expect([...(await redis.sMembers('s'))].sort()).to.deep.equal(['a', 'b'])
    const met: string[] = []
    for await (const keys of redis.scanIterator()) met.push(...keys)
    expect(met.sort()).to.deep.equal(['k', 'n', 's'])
    redis.destroy()
  })

  it('redis-cli, also in its pipe mode, and scanning', async function () {
    needTool(this, 'redis-cli')
    const base = ['-p', port, '-a', KEY, '--no-auth-warning']
    const cli = async (...words: string[]) => (await run('redis-cli', [...base, ...words])).stdout.trim()
    expect(await cli('set', 'k', 'v')).to.equal('OK')
    expect(await cli('-3', 'sadd', 's', 'a')).to.equal('1')
    expect((await cli('--scan')).split('\n').sort()).to.deep.equal(['k', 's'])
    const piping = spawn('redis-cli', [...base, '--pipe'])
    piping.stdin.end(Array.from({ length: 5000 }, (_, index) => `SET p${index} ${index}\r\n`).join(''))
    expect(await text(piping.stdout)).to.include('errors: 0, replies: 5000')
    expect(await cli('get', 'p4999')).to.equal('4999')
  })

  it('redis-benchmark', async function () {
    needTool(this, 'redis-benchmark')
    const words = [
      '-p',
      port,
      '-a',
      KEY,
      '-n',
      '2000',
      '-c',
      '20',
      '-P',
      '8',
      '-q',
      '-t',
      'ping,set,get,incr,sadd,spop,mset',
    ]
    const { stdout } = await run('redis-benchmark', words)
    expect(stdout.match(/requests per second/g)).to.have.length.at.least(7)
    expect(stdout).not.to.include('Error')
  })

  it('what is built on them: Keyv, unstorage, sessions of express', async () => {
    const url = `redis://:${KEY}@127.0.0.1:${port}`
    const keyv = new KeyvRedis(url)
    await keyv.set('k', 'v', 100_000)
    expect(await keyv.get('k')).to.equal('v')
    expect(await keyv.delete('k')).to.equal(true)
    await keyv.disconnect()

    const storage = createStorage({ driver: redisDriver({ url, base: 'store' }) })
    await storage.setItem('a:b', { n: 1 })
    expect(await storage.getItem('a:b')).to.deep.equal({ n: 1 })
    expect(await storage.getKeys()).to.deep.equal(['a:b'])
    await storage.dispose()

    const { RedisStore }: SessionStores = await import(String('connect-redis'))
    const client = await createClient({ url }).connect()
    const sessions = new RedisStore({ client, ttl: 100 })
    await sessions.set('id', { user: 'Sam', cookie: {} })
    expect(await sessions.get('id')).to.deep.include({ user: 'Sam' })
    client.destroy()
  })
})

/** Its types want those of express, which nobody needs here. */
interface SessionStores {
  readonly RedisStore: new (options: {
    client: unknown
    ttl: number
  }) => {
    set(id: string, session: object): Promise<unknown>
    get(id: string): Promise<unknown>
  }
}
