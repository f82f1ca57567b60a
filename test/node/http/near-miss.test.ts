/** Paths that are almost right: the answer says what to do. */
import { expect } from 'chai'
import { eachOnNode } from '../../support/node.ts'
import { call, expectProblem } from './call.ts'

describe('a path at which there is nothing', () => {
  let url: string
  eachOnNode((node) => {
    url = node.url
  })

  for (const [path, meant] of [
    ['/api/v1/key/x', '/api/v1/kv/{key}'],
    ['/api/v1/values/x', '/api/v1/kv/{key}'],
    ['/kv/x', '/api/v1/kv/{key}'],
    ['/counters/x', '/api/v1/counters/{key}'],
    ['/api/v1/counter/x', '/api/v1/counters/{key}'],
    ['/api/v2/counters/x', '/api/v1/counters/{key}'],
    ['/api/v1/reactions', '/api/v1/reaction '],
    ['/batch', '/api/v1/batch'],
    ['/openapi.yaml', '/openapi.json'],
    ['/api/v1', '/api '],
    ['/api/v1/reaction/user/Stew', '/api/v1/reaction/users/{content_id}'],
    ['/api/v1/reaction/users', '/api/v1/reaction/users/{content_id}'],
    ['/api/v1/reaction/reaction_counts/', '/api/v1/reaction/reaction_counts/{content_id}'],
  ] as const)
    it(`like ${path} names the one that is meant`, async () => {
      const answer = await call(`GET ${url}${path}`)
      expectProblem(answer, 404, 'NO_SUCH_PATH')
      expect(answer.text).to.include(`Perhaps ${meant}`)
    })

  it('is only pointed to the page of all where nothing is like it, and not repeated at length', async () => {
    for (const path of ['/xyzzy', '/wp-admin/setup.php', `/${'x'.repeat(5000)}`]) {
      const { text } = await call(`GET ${url}${path}`)
      expect(text).to.include('/openapi.json').and.not.include('Perhaps')
      expect(text.length).to.be.below(600)
    }
  })

  it('for want of a key says where that stands', async () => {
    for (const [method, path] of [
      ['PUT', '/api/v1/kv'],
      ['GET', '/api/v1/counters'],
      ['POST', '/api/v1/limits'],
    ])
      for (const end of ['', '/', '?prefix=a', '/?prefix=a']) {
        const answer = await call(`${method} ${url}${path}${end}`)
        expectProblem(answer, 403, 'KEY_NULL')
        expect(answer.text).to.include(`${path}/{key}`)
      }
  })

  it('is another thing than a method that is not taken', async () => {
    for (const [target, allow] of [
      ['POST /api/v1/kv/x', 'PUT, HEAD, GET, PATCH, DELETE'],
      ['PATCH /api/v1/counters/x', 'POST, HEAD, GET, PUT, DELETE'],
      ['DELETE /api/v1/batch', 'POST'],
      ['POST /livez', 'HEAD, GET'],
    ] as const) {
      const [method, path] = target.split(' ')
      const answer = await call(`${method} ${url}${path}`)
      expectProblem(answer, 405, 'METHOD_NOT_ALLOWED')
      expect(answer.headers.get('allow')).to.equal(allow)
    }
  })

  it('answers HEAD wherever it answers GET, with the same headers', async () => {
    await call(`PUT ${url}/api/v1/kv/k`, { body: '1', headers: { 'content-type': 'application/json' } })
    await call(`POST ${url}/api/v1/counters/c`, {
      body: '{"by":1}',
      headers: { 'content-type': 'application/json' },
    })
    for (const path of [
      '/',
      '/livez',
      '/readyz',
      '/healthcheck',
      '/metrics',
      '/openapi.json',
      '/api?key=k',
      '/api/v1/kv/k',
      '/api/v1/kv/none',
      '/api/v1/counters/c',
      '/api/v1/activity',
      '/api/v1/cluster',
      '/api/v1/reaction/reactions_count/none',
      '/api/v1/reaction/users/none',
    ]) {
      const [get, head] = [await call(`GET ${url}${path}`), await call(`HEAD ${url}${path}`)]
      expect([head.status, head.text], path).to.deep.equal([get.status, ''])
      const told = [
        'content-type',
        'etag',
        'vary',
        'cache-control',
        ...(path === '/metrics' ? [] : ['content-length']),
      ]
      for (const name of told)
        expect(head.headers.get(name), `${path} ${name}`).to.equal(get.headers.get(name))
    }
  })
})
