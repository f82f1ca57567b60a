/** Commands of Redis over HTTP, in the dialect of Upstash, and with its client. */
import { Redis } from '@upstash/redis'
import { expect } from 'chai'
import { startTestNode } from '../../support/node.ts'

const KEY = 'a-key-of-sixteen-or-more'

describe('commands of Redis over HTTP', () => {
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers })
    return [answer.status, await answer.json()] as const
  }

  it('are a list, many lists, or a path', async () => {
    await using node = await startTestNode()
    const url = `${node.url}/redis`
    expect(await post(url, ['set', 'k', 5])).to.deep.equal([200, { result: 'OK' }])
    expect(await post(url, ['incr', 'k'])).to.deep.equal([200, { result: 6 }])
    expect(await post(url, ['lpush', 'k'])).to.deep.include(
      [400, { error: "ERR unknown command 'lpush', with args beginning with: 'k' " }][1] as object,
    )
    expect(await post(url, { not: 'a list' })).to.deep.include(400)
    const commands = [
      ['get', 'k'],
      ['sadd', 'k', 'a'],
      ['sadd', 's', 'a'],
      ['smembers', 's'],
      ['get', 'none'],
    ]
    expect(await post(`${url}/pipeline`, commands)).to.deep.equal([
      200,
      [
        { result: '6' },
        { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
        { result: 1 },
        { result: ['a'] },
        { result: null },
      ],
    ])
    expect(await (await fetch(`${url}/get/k`)).json()).to.deep.equal({ result: '6' })
    expect((await fetch(`${url}/set/k/1`)).status).to.equal(405)
    const stored = await fetch(`${url}/set/a%2Fb?EX=100`, { method: 'POST', body: 'v' })
    expect(await stored.json()).to.deep.equal({ result: 'OK' })
    expect(await (await fetch(`${url}/ttl/a%2Fb`)).json()).to.deep.equal({ result: 100 })
    expect(await (await fetch(`${node.url}/api/v1/kv/a/b`)).text()).to.equal('v')
    expect((await fetch(`${url}/multi-exec`, { method: 'POST', body: '[]' })).status).to.equal(501)
    const encoded = await post(url, ['mget', 'k', 'none'], {
      'upstash-encoding': 'base64',
      'upstash-sync-token': 't',
    })
    expect(encoded).to.deep.equal([200, { result: ['Ng==', null] }])
  })

  it('with the client of Upstash, as it comes', async () => {
    await using node = await startTestNode({ API_KEY: KEY })
    const redis = new Redis({ url: `${node.url}/redis`, token: KEY, enableTelemetry: false })
    expect(await redis.set('menu', { soup: 'ä' }, { ex: 100 })).to.equal('OK')
    expect(await redis.get('menu')).to.deep.equal({ soup: 'ä' })
    // Those of one turn travel as one pipeline.
    const all = await Promise.all([redis.incr('n'), redis.incrby('n', 4), redis.get('n'), redis.ttl('menu')])
    expect(all).to.deep.equal([1, 5, 5, 100])
    expect(await redis.sadd('s', 'a', 'b')).to.equal(2)
    expect((await redis.smembers('s')).sort()).to.deep.equal(['a', 'b'])
    expect(await redis.pipeline().set('p', 1).get('p').exec()).to.deep.equal(['OK', 1])
    const [, keys] = await redis.scan(0, { match: '*' })
    expect(keys.sort()).to.deep.equal(['menu', 'n', 'p', 's'])
    const other = new Redis({
      url: `${node.url}/redis`,
      token: 'another-key-that-is-none',
      enableTelemetry: false,
      retry: false,
    })
    expect(
      await other.get('menu').then(
        () => undefined,
        (error: Error) => error.message,
      ),
    ).to.include('NOAUTH Authentication required.')
  })

  it('are refused in the words of Redis, as a problem too, before they are looked at', async () => {
    await using node = await startTestNode({ API_KEY: KEY })
    const url = `${node.url}/redis`
    const [status, problem] = await post(`${url}/pipeline`, [['get', 'k']])
    expect([status, problem]).to.deep.include(401)
    expect(problem).to.include({ code: 'UNAUTHORIZED', error: 'NOAUTH Authentication required.' })
    const authorization = `Bearer ${KEY}`
    const [refused, unknown] = await post(`${url}?EX=5`, ['set', 'k', 'v'], { authorization })
    expect([refused, (unknown as { code: string }).code]).to.deep.equal([400, 'UNKNOWN_FIELD'])
    expect(unknown)
      .to.have.property('error')
      .that.matches(/^ERR EX: /)
    expect(await post(`${url}?_token=t`, ['get', 'k'], { authorization })).to.deep.equal([
      200,
      { result: null },
    ])
  })
})
