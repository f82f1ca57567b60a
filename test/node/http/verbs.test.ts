/** What else can be done with a value: told how long it lives, kept alive, taken, and found under a key with slashes. */
import { expect } from 'chai'
import { eachOnNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem, send } from './call.ts'

let node: TestNode
const at = (key: string) => `${node.url}/api/v1/kv/${key}`
const put = (key: string, query = '', headers: Record<string, string> = {}, body = 'stew') =>
  call(`PUT ${at(key)}${query}`, { headers: { 'content-type': 'text/plain', ...headers }, body })
const patch = (key: string, body: unknown, headers: Record<string, string> = {}) =>
  send(`PATCH ${at(key)}`, body, headers)
const left = async (key: string) => (await call(`GET ${at(key)}`)).headers.get('larder-ttl')

describe('what is left of a life', () => {
  eachOnNode((one) => {
    node = one
  })

  it('is told in seconds where it ends, and nowhere else', async () => {
    await put('k', '?ttl=60')
    await node.clock.advance(1500)
    expect(await left('k')).to.equal('58.5')
    expect((await call(`HEAD ${at('k')}`)).headers.get('larder-ttl')).to.equal('58.5')
    await send(`POST ${node.url}/api`, { key: 'j', data: 1, ttl: 0.25 })
    expect((await call(`GET ${node.url}/api?key=j`)).json).to.include({ data: 1, ttl: 0.25 })
    await put('k')
    expect(await left('k')).to.equal(null)
    await send(`POST ${node.url}/api`, { key: 'j', data: 1 })
    expect((await call(`GET ${node.url}/api?key=j`)).json).to.not.have.property('ttl')
  })

  it('is changed by PATCH, and the entity tag, the type and the body stay', async () => {
    const tag = (await put('k', '?ttl=1')).headers.get('etag')
    const patched = await patch('k', { ttl: 60 })
    expect([patched.status, patched.text, patched.headers.get('etag')]).to.deep.equal([204, '', tag])
    await node.clock.advance(30_000)
    const read = await call(`GET ${at('k')}`)
    expect([read.text, read.headers.get('etag'), read.headers.get('content-type')]).to.deep.equal([
      'stew',
      tag,
      'text/plain',
    ])
    expect((await patch('k', { ttl: null })).status).to.equal(204)
    await node.clock.advance(86_400)
    expect(await left('k')).to.equal(null)
    expect((await patch('k', { ttl: 0.001 })).status).to.equal(204)
    await node.clock.advance(1)
    expectProblem(await call(`GET ${at('k')}`), 404, 'NO_SUCH_KEY')
    expectProblem(await patch('k', { ttl: 60 }), 404, 'NO_SUCH_KEY')
  })

  it('is changed on a condition, and not by what is no lifetime', async () => {
    const tag = (await put('k')).headers.get('etag') ?? ''
    expectProblem(await patch('k', { ttl: 1 }, { 'if-match': '"other"' }), 412, 'PRECONDITION_FAILED')
    expectProblem(await patch('k', { ttl: 1 }, { 'if-none-match': '*' }), 412, 'PRECONDITION_FAILED')
    expect((await patch('k', { ttl: 60 }, { 'if-match': `"other", ${tag}` })).status).to.equal(204)
    for (const body of ['{}', '{"ttl":0}', '{"ttl":-1}', '{"ttl":"60"}', '{"ttl":[]}', '[]', '60', ''])
      expectProblem(await patch('k', body), 400, 'BAD_REQUEST')
    expect(await left('k')).to.equal('60')
    expectProblem(await patch('nil', { ttl: 1 }), 403, 'KEY_NULL')
  })

  it('is kept by a PUT that asks for it, and by no other', async () => {
    await put('k', '?ttl=60')
    await node.clock.advance(10_000)
    expect((await put('k', '?keep_ttl=1', {}, 'soup')).status).to.equal(204)
    expect([await left('k'), (await call(`GET ${at('k')}`)).text]).to.deep.equal(['50', 'soup'])
    expect((await put('new', '?keep_ttl=1')).status).to.equal(201)
    expect(await left('new')).to.equal(null)
    await put('k', '?keep_ttl=0')
    expect(await left('k')).to.equal(null)
    for (const query of ['?keep_ttl=1&ttl=5', '?keep_ttl=true', '?keep_ttl=false', '?keep_ttl='])
      expectProblem(await put('k', query), 400, 'BAD_REQUEST')
  })
})

describe('a value that is deleted', () => {
  eachOnNode((one) => {
    node = one
  })
  const RETURN = { prefer: 'respond-async, return=representation' }

  it('is told if the caller prefers that, once', async () => {
    const tag = (await put('k', '?ttl=60')).headers.get('etag')
    const taken = await call(`DELETE ${at('k')}`, { headers: RETURN })
    expect([
      taken.status,
      taken.text,
      taken.headers.get('etag'),
      taken.headers.get('content-type'),
    ]).to.deep.equal([200, 'stew', tag, 'text/plain'])
    expect(taken.headers.get('preference-applied')).to.equal('return=representation')
    expectProblem(await call(`DELETE ${at('k')}`, { headers: RETURN }), 404, 'NO_SUCH_KEY')
    await put('k', '', {}, '')
    const empty = await call(`DELETE ${at('k')}`, { headers: RETURN })
    expect([empty.status, empty.text]).to.deep.equal([200, ''])
    await put('k')
    const minimal = await call(`DELETE ${at('k')}`, { headers: { prefer: 'return=minimal' } })
    expect([minimal.status, minimal.headers.get('preference-applied')]).to.deep.equal([204, null])
  })

  it('is so on a condition', async () => {
    const tag = (await put('k')).headers.get('etag') ?? ''
    for (const headers of [{}, RETURN]) {
      const refused = await call(`DELETE ${at('k')}`, { headers: { ...headers, 'if-match': '"other"' } })
      expectProblem(refused, 412, 'PRECONDITION_FAILED')
    }
    const taken = await call(`DELETE ${at('k')}`, { headers: { ...RETURN, 'if-match': tag } })
    expect([taken.status, taken.text]).to.deep.equal([200, 'stew'])
  })

  it('is told to one of many who take it at once, and each of many values to somebody', async () => {
    for (let round = 0; round < 5; round++) {
      await put('k', '', {}, String(round))
      const all = await Promise.all(
        Array.from({ length: 8 }, () => call(`DELETE ${at('k')}`, { headers: RETURN })),
      )
      expect(all.filter(({ status }) => status === 200).map(({ text }) => text)).to.deep.equal([
        String(round),
      ])
    }
  })

  it('is told to have been there, at /api', async () => {
    await put('k')
    const forget = () => call(`DELETE ${node.url}/api?key=k`)
    expect((await forget()).json).to.include({ data: null, deleted: true })
    expect((await forget()).json).to.include({ data: null, deleted: false })
  })
})

describe('a key with slashes', () => {
  eachOnNode((one) => {
    node = one
  })

  it('is all that follows, decoded once', async () => {
    for (const [path, key] of Object.entries({
      'a/b': 'a/b',
      'a%2Fc': 'a/c',
      'a/': 'a/',
      '/a': '/a',
      'a//b': 'a//b',
      'a%252Fb': 'a%2Fb',
    })) {
      expect((await put(path)).status, path).to.equal(201)
      expect((await call(`GET ${at(encodeURIComponent(key))}`)).text, path).to.equal('stew')
      expect((await call(`DELETE ${at(path)}`)).status, path).to.equal(204)
      const counter = `${node.url}/api/v1/counters/${path}`
      expect((await send(`POST ${counter}`, { by: 1 })).json, path).to.include({ key, value: '1' })
      const limit = (path: string) => `${node.url}/api/v1/limits/${path}`
      await send(`POST ${limit(path)}`, { limit: 9, window: 60 })
      expect(
        (await send(`POST ${limit(encodeURIComponent(key))}`, { limit: 9, window: 60 })).json,
        path,
      ).to.include({ remaining: 7 })
      expect((await call(`DELETE ${limit(path)}`)).status, path).to.equal(204)
    }
  })

  it('is one of a content too', async () => {
    const reaction = {
      type: 'reaction',
      action: 'add',
      content_id: 'a/b',
      user_id: 'Sam',
      reaction_type: 'fire',
    }
    await send(`POST ${node.url}/api/v1/reaction`, reaction)
    for (const path of ['reactions_count/a/b', 'reaction_counts/a%2Fb', 'users/a/b'])
      expect((await call(`GET ${node.url}/api/v1/reaction/${path}`)).json, path).to.include({
        content_id: 'a/b',
      })
  })
})
