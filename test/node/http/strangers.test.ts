/** What a stranger gets of a node with keys, however he spells it: nothing that is kept, and nothing is changed. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, request } from '../../support/raw.ts'
import { call, send } from './call.ts'

const KEY = { 'api-key': 'a-wooden-spoon-0' }
const PATHS = [
  ...['/api?key=k', '/api/v1/kv/k', '/api/v1/counters/c', '/increment', '/api/v1/batch', '/api/v1/activity'],
  ...[
    '/api/v1/reaction',
    '/api/v1/reaction/users/k',
    '/api/v1/cluster',
    '/api/v1/events',
    '/clear',
    '/metrics',
  ],
  ...['/openapi.json', '/cluster/execute', '/cluster/meet', '/cluster/status', '/cluster/channel'],
]
const METHODS = [
  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'TRACE',
    'get',
    'Post',
    'QUERY',
    'PROPFIND',
  ],
]
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => `/${path}`,
  (path) => path.replace('?', '/?'),
  (path) => `${path}#x`,
  (path) => `${path}${path.includes('?') ? '&' : '?'}api-key=a-wooden-spoon-0`,
  (path) => path.toUpperCase(),
  (path) => path.replace('a', '%61'),
  (path) => `/livez/..${path}`,
  (path) => `/livez;${path}`,
  (path) => `/.${path}`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replaceAll('/', '\\'),
  (path) => `http://localhost${path}`,
  (path) => `http://localhost/livez?x=${path}`,
  (path) => path.replace('?', '%3f'),
  (path) => `${path.replace('?', ';?')}`,
]
const AT_ONCE = 16
/** What is no credential. */
const SHOWN = [
  '',
  'api-key: ',
  'api-key: a-wooden-spoon-0x',
  'Authorization: Basic YS13b29kZW4tc3Bvb24tMA==',
  'X-Api-Key: a-wooden-spoon-0',
]

describe('a stranger at a node with keys', () => {
  let node: TestNode
  before(async () => {
    node = await startTestNode({ ...{ API_KEY: KEY['api-key'], CLUSTER_SECRET: 'what-members-show' } })
    await send(`POST ${node.url}/api`, { key: 'k', data: 'of the house' }, KEY)
    await send(`POST ${node.url}/api/v1/counters/c`, { by: 7 }, KEY)
  })
  after(() => node[Symbol.asyncDispose]())

  it('is refused in every spelling, with every method, and leaves all as it was', async function () {
    this.timeout(120_000)
    const { port } = node.node
    const asked = PATHS.flatMap((path) =>
      SPELLINGS.flatMap((spell) => METHODS.map((method) => `${method} ${spell(path)}`)),
    )
    const letIn: string[] = []
    const ask = async (target: string, index: number) => {
      const body = JSON.stringify({ key: 'k', data: 'of a stranger', value: 1, by: 1, ops: [] })
      const head = `Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
      const shown = SHOWN[index % SHOWN.length] ?? ''
      const headers = shown === '' ? head : `${head}\r\n${shown}`
      const [answer] = await converse(port, request(target, headers, body)).catch(() => [])
      const { status = 0, body: text = '' } = answer ?? {}
      // A probe tells that somebody lives, and OPTIONS which methods there are.
      const isProbe = target.includes('/livez?') || target.startsWith('OPTIONS')
      const isHarmless = status >= 400 || status === 0 || isProbe
      if (!isHarmless || text.includes('of the house') || text.includes('larder_'))
        letIn.push(`${target}: ${status} ${text}`)
    }
    const waiting = asked.entries()
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const [index, target] of waiting) await ask(target, index)
      }),
    )
    expect(asked.length).to.be.above(3000)
    expect(letIn).to.deep.equal([])
    expect((await call(`GET ${node.url}/api?key=k`, { headers: KEY })).json).to.include({
      data: 'of the house',
    })
    expect((await call(`GET ${node.url}/api/v1/counters/c`, { headers: KEY })).json).to.include({
      value: '7',
    })
  })
})
