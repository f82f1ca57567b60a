/** What clients send though nobody has told them to: types that say nothing of a body, which is JSON all the same. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { call, expectProblem } from './call.ts'

const UNASKED = ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', '']

describe('JSON that is called what clients call everything', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode()
  })
  after(() => node[Symbol.asyncDispose]())

  const from = (type: string, site: string) => ({ 'content-type': type, 'sec-fetch-site': site })
  const asked: Readonly<Record<string, [target: string, body: string]>> = {
    '/api': ['POST /api', '{"key":"1","data":1}'],
    'a batch': ['POST /api/v1/batch', '{"ops":[]}'],
    'a counter': ['POST /api/v1/counters/c', '{"by":1}'],
    'an increment': ['POST /increment', '{"key":"d","value":1}'],
    'a lifetime': ['PATCH /api/v1/kv/1', '{"ttl":60}'],
    'a reaction': [
      'POST /api/v1/reaction',
      '{"type":"reaction","action":"add","content_id":"k","user_id":"Sam","reaction_type":"fire"}',
    ],
  }

  for (const [what, [target, body]] of Object.entries(asked)) {
    const url = () => target.replace(' ', ` ${node.url}`)

    it(`is taken as JSON by ${what}, but not from a page elsewhere`, async () => {
      for (const type of UNASKED) {
        for (const site of ['none', 'same-origin', 'same-site'])
          expect((await call(url(), { headers: from(type, site), body })).status, type).to.be.oneOf([
            200, 201, 204,
          ])
        const elsewhere = await call(url(), { headers: from(type, 'cross-site'), body })
        expectProblem(elsewhere, 403, 'FORBIDDEN')
      }
      const untyped = await call(url(), { body: new Uint8Array(Buffer.from(body)) })
      expect(untyped.status).to.be.oneOf([200, 201, 204])
    })

    it(`is wanted by ${what}, where it is no JSON`, async () => {
      const answer = await call(url(), { headers: from('text/plain', 'none'), body: 'key=1&value=1' })
      expectProblem(answer, 400, 'BAD_REQUEST')
    })
  }

  it('is kept under that type, and read at /api and in a batch', async () => {
    for (const type of [...UNASKED, 'application/octet-stream']) {
      const headers = type === '' ? {} : { 'content-type': type }
      const body = new Uint8Array(Buffer.from(' {"salt":[1]} '))
      await call(`PUT ${node.url}/api/v1/kv/k`, { headers, body })
      const kept = await call(`GET ${node.url}/api/v1/kv/k`)
      expect(kept.headers.get('content-type')).to.equal(type || 'application/octet-stream')
      expect(kept.text).to.equal(' {"salt":[1]} ')
      expect((await call(`GET ${node.url}/api?key=k`)).json).to.deep.include({ data: { salt: [1] } })
      const ops = '{"ops":[{"op":"get","key":"k"}]}'
      const { json } = await call(`POST ${node.url}/api/v1/batch`, {
        headers: { 'content-type': 'application/json' },
        body: ops,
      })
      expect(json).to.have.deep.nested.property('results[0].data', { salt: [1] })
    }
  })

  it('is not found in what is of another type, in another encoding, or is none', async () => {
    const put = async (type: string, body: string) => {
      await call(`PUT ${node.url}/api/v1/kv/k`, { headers: { 'content-type': type }, body })
      return await call(`GET ${node.url}/api?key=k`)
    }
    expectProblem(await put('text/csv', '1'), 409, 'NOT_JSON')
    expectProblem(await put('text/plain; charset=latin1', '1'), 409, 'NOT_JSON')
    for (const body of ['', 'salt', '{', `${'['.repeat(200)}${']'.repeat(200)}`])
      expectProblem(await put('text/plain', body), 409, 'NOT_JSON')
    const large = `[${'1,'.repeat(100_000)}1]`
    expect((await put('text/plain', large)).text).to.include(`"data":${large}`)
    expectProblem(await put('text/plain', `${large},`), 409, 'NOT_JSON')
  })
})
