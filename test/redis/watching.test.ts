/** Watching over an engine in trouble: whoever watches is told all that is acknowledged, or that something is missing. */
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { feedsOf } from '../../node/redis/feeds.ts'
import { hashSlotOf, placeIn, UNNOTED } from '../../node/redis/places.ts'
import { slotOf } from '../../shared/placement.ts'
import { Book } from '../support/book.ts'
import { get, post } from '../support/cluster.ts'
import { NodesOverRedis } from '../support/engine.ts'
import { freePorts } from '../support/ports.ts'
import { startService } from '../support/process.ts'
import { redisForEach } from '../support/redis.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { overSixServers } from '../support/six-servers.ts'
import { needTool } from '../support/tool.ts'
import { until } from '../support/until.ts'
import { disorderIn, valuesIn, Writers } from '../support/writers.ts'

const KEYS = Array.from({ length: 30 }, (_, index) => `dish:${index}`)
const QUERIES = ['?prefix=dish:', '?snapshot=1', '?prefix=dish:&kinds=value', '?snapshot=1&prefix=dish:1']
const MOVED_SLOTS = 60
const TAKEN_OVER_MAX_MS = 20_000
/** As many as `notes.lua` keeps, and somewhat more, as it counts only about. */
const TRIMMED = 21_000

describe('those who watch a Redis in trouble', () => {
  const redis = redisForEach()

  const nodesOver = async (ids: readonly string[]) =>
    await NodesOverRedis.over({ url: redis().url, [Symbol.asyncDispose]: async () => {} }, { ids })
  const gapsOf = (book: Book) =>
    until(
      async () => book.gaps,
      (gaps) => gaps > 0,
    )

  it('go on at another node where theirs was killed', async () => {
    await using nodes = await nodesOver(['b'])
    const [port] = await freePorts(1)
    const node = await startService('node', { PORT: String(port), ENGINE_URL: redis().url })
    await using book = await Book.open({ urls: [`http://127.0.0.1:${port}`, nodes.url('b')] })
    const writers = new Writers(nodes.url('b'), KEYS)
    await writers.more(10)
    await node.kill()
    await writers.more(10)
    const written = await writers.stop()
    await until(
      async () => Object.fromEntries(valuesIn(book)),
      (now) => KEYS.every((key) => now[key] === written.get(key)),
    )
    expect([book.gaps, disorderIn(book)]).to.deep.equal([0, []])
  })

  it('have missed something where it is not in the stream any more', async () => {
    await using nodes = await nodesOver(['a'])
    const seen = await Book.open({ urls: [nodes.url('a')] })
    await post(`${nodes.url('a')}/api`, { key: 'first', data: 1 })
    await until(
      async () => seen.heard.length,
      (count) => count > 0,
    )
    await seen[Symbol.asyncDispose]()
    const since = seen.lastId ?? ''
    const client = new Redis(redis().url)
    const add =
      "for at = 1, ARGV[1] do redis.call('XADD', KEYS[1], 'MAXLEN', '~', 20000, '*', 'there', at) end"
    await client.eval(add, 1, placeIn(0, 'feed'), TRIMMED)
    client.disconnect()
    await using book = await Book.open({ urls: [nodes.url('a')], since })
    await gapsOf(book)
    expect(book.heard[0]?.event).to.equal('gap')
  })

  it('have missed something where it begins anew, and are told what comes then', async () => {
    await using nodes = await nodesOver(['a', 'b'])
    await using book = await Book.open({ urls: [nodes.url('a')] })
    await post(`${nodes.url('b')}/api`, { key: 'first', data: 1 })
    await redis().restart()
    await gapsOf(book)
    const write = async () => (await post(`${nodes.url('b')}/api`, { key: 'second', data: 2 })).status
    await until(write, (status) => status === 200)
    await until(
      async () => [...book.now.keys()],
      (keys) => keys.includes('second'),
    )
    expect([...book.now.keys()]).to.deep.equal(['second'])
  })

  it('are counted a failure for whatever cannot be learnt of it while it is away', async () => {
    await using nodes = await nodesOver(['a'])
    await using book = await Book.open({ urls: [nodes.url('a')] })
    const failed = async () => {
      const text = await (await fetch(`${nodes.url('a')}/metrics`)).text()
      const counted = text.matchAll(/^larder_engine_feed_failures_total\{task="(\w+)"\} [1-9]/gm)
      return [...counted].map(([, task]) => task)
    }
    expect(await failed()).to.deep.equal([])
    await redis().kill()
    await until(failed, (tasks) => tasks.includes('changes') && tasks.includes('reach'))
    await redis().restart()
    await gapsOf(book)
  })

  it('cost nothing once they are gone: what is changed is not noted for ever', async () => {
    await using nodes = await nodesOver(['a'])
    const client = new Redis(redis().url)
    const feed = placeIn(0, 'feed')
    await post(`${nodes.url('a')}/api`, { key: 'first', data: 1 })
    expect(await client.exists(feed)).to.equal(0)
    const book = await Book.open({ urls: [nodes.url('a')] })
    await book[Symbol.asyncDispose]()
    await post(`${nodes.url('a')}/api`, { key: 'first', data: 2 })
    expect(await client.xlen(feed)).to.equal(2)
    expect(await client.pttl(feed)).to.be.within(60_000, 180_000)
    client.disconnect()
  })
})

describe('those who watch a cluster of Redis, as the slot of a stream moves,', () => {
  before(function () {
    needTool(this, 'redis-server')
  })

  /** A key of the first primary has just been stored; what is said of changes that were not noted is heard. */
  const withStream = async (stack: AsyncDisposableStack) => {
    const redis = await RedisCluster.start()
    const nodes = stack.use(await NodesOverRedis.over(redis, { ids: ['a'] }))
    const [from, to] = redis.servers
    const said: string[] = []
    const listening = redis.clients[0]?.duplicate()
    stack.defer(() => listening?.disconnect())
    await listening?.subscribe(UNNOTED)
    listening?.on('message', (channel) => said.push(channel))
    if (from === undefined || to === undefined) throw new Error('there are three')
    const key = KEYS.find((one) => Math.floor(hashSlotOf(slotOf(one)) / 5461) === 0)
    const store = async () => (await post(`${nodes.url('a')}/api`, { key, data: 1 })).status
    expect([await store(), said.length]).to.deep.equal([200, 0])
    const isSaid = (times: number) =>
      until(
        async () => said.length,
        (count) => count >= times,
      )
    return { redis, from, to, store, isSaid }
  }

  it('have missed whatever is changed on the way', async () => {
    await using stack = new AsyncDisposableStack()
    const { redis, from, to, store, isSaid } = await withStream(stack)
    await redis.begin(hashSlotOf(FIRST_FEED), { from, to })
    expect(await store()).to.equal(200)
    await isSaid(1)
  })

  it('have missed what was changed while another stood in for it, also if they have never seen that', async () => {
    await using stack = new AsyncDisposableStack()
    const { redis, from, to, isSaid } = await withStream(stack)
    await redis.move(hashSlotOf(FIRST_FEED), { from, to })
    await isSaid(1)
    await redis.move(hashSlotOf(FIRST_FEED), { from: to, to: from })
    await isSaid(2)
  })
})

overSixServers('those who watch', { ids: ['a', 'b'], node: { PEER_TIMEOUT_MS: '5000' } }, (nodes) => {
  const open = async (stack: AsyncDisposableStack) => {
    const opening = QUERIES.map(async (query) => {
      const book = stack.use(await Book.open({ urls: [nodes().url('b')], query }))
      return { query, book }
    })
    return await Promise.all(opening)
  }
  /** What they know at the end is what stands there: all of it, unless they have to read anew what they have missed. */
  const know = async (watching: readonly { query: string; book: Book }[]) => {
    const reading = KEYS.map(async (key) => (await get(`${nodes().url('a')}/api?key=${key}`)).body['data'])
    const ends = new Map((await Promise.all(reading)).map((data, at) => [KEYS[at], data]))
    for (const { query, book } of watching) {
      const meant = KEYS.filter((key) => !query.endsWith('prefix=dish:1') || key.startsWith('dish:1'))
      const mayRead = !query.includes('snapshot')
      await until(
        async () => Object.fromEntries(valuesIn(book)),
        (now) =>
          meant.every((key) => now[key] === ends.get(key) || (mayRead && book.gaps > 0 && !(key in now))),
        20_000,
      )
    }
    return ends
  }

  it('see all that is acknowledged while slots move, that of a stream as well', async function () {
    this.timeout(120_000)
    await using stack = new AsyncDisposableStack()
    const { redis } = nodes()
    const added = await redis.join()
    const watching = await open(stack)
    const writers = new Writers(nodes().url('a'), KEYS)
    await writers.more(10)
    await redis.reshard({ to: added, slots: MOVED_SLOTS })
    await writers.more(10)
    const [first = added] = redis.servers
    await redis.move(hashSlotOf(FIRST_FEED), { from: first, to: added })
    await writers.more(10)
    const written = await writers.stop()
    expect(await know(watching)).to.deep.equal(written)
    for (const { book } of watching) expect(disorderIn(book)).to.deep.equal([])
    expect(watching.every(({ book }) => book.gaps > 0)).to.equal(true)
  })

  it('see what is left of it where a primary is killed, and are told that something is missing', async function () {
    this.timeout(120_000)
    await using stack = new AsyncDisposableStack()
    const watching = await open(stack)
    const writers = new Writers(nodes().url('a'), KEYS)
    await writers.more(10)
    const dead = String((await get(`${nodes().url('a')}/api?key=${KEYS[0]}`)).body['node'])
    await nodes().redis.at(dead)?.kill()
    await until(
      async () => watching.map(({ book }) => book.gaps),
      (gaps) => gaps.every((count) => count > 0),
      TAKEN_OVER_MAX_MS,
    )
    await writers.more(10)
    await writers.stop()
    await know(watching)
  })
})

/** That of the primary which has the first third of a cluster's slots. */
const FIRST_FEED = Number(
  [...feedsOf((slot) => String(Math.floor(hashSlotOf(slot) / 5461)))]
    .find(([, third]) => third === '0')?.[0]
    .replace(/\D/g, ''),
)
