/** What a node says of itself that only its doors can tell. */
import { expect } from 'chai'
import packageJson from '../../../package.json' with { type: 'json' }
import { startTestNode } from '../../support/node.ts'
import { call, send } from './call.ts'

describe('/metrics', () => {
  it('tells hits and misses, however a value is read, and what there is for all that is stored', async () => {
    await using node = await startTestNode({ MAX_BYTES: '4000000' })
    const { url } = node
    await send(`POST ${url}/api`, { key: 'a', data: 1 })
    const { headers } = await call(`GET ${url}/api/v1/kv/a`)
    await call(`GET ${url}/api?key=a`)
    await call(`HEAD ${url}/api/v1/kv/a`)
    await call(`GET ${url}/api/v1/kv/a`, { headers: { 'if-none-match': headers.get('etag') ?? '' } })
    await send(`POST ${url}/api/v1/batch`, { ops: ['a', 'none', 'nor'].map((key) => ({ op: 'get', key })) })
    await call(`GET ${url}/api?key=none`)
    await call(`GET ${url}/api/v1/kv/none`)
    await call(`GET ${url}/api/v1/kv/none`, { headers: { 'if-match': '*' } })
    const { text } = await call(`GET ${url}/metrics`)
    expect(text)
      .to.include('larder_reads_total{result="hit"} 5')
      .and.include('larder_reads_total{result="miss"} 5')
    expect(text).to.include('larder_max_bytes 4000000')
    expect(text).to.include(`larder_build_info{version="${packageJson.version}",node="${process.version}"} 1`)
  })

  it('tells of values that had to go what it was that had no room', async () => {
    await using node = await startTestNode({ MAX_BYTES: '1000000' })
    for (let index = 0; index < 20; index++)
      await call(`PUT ${node.url}/api/v1/kv/${index}`, { body: 'x'.repeat(100_000) })
    const { text } = await call(`GET ${node.url}/metrics`)
    const [, count] = /larder_evictions_total\{reason="max_bytes"\} (\d+)/.exec(text) ?? []
    expect(Number(count)).to.be.within(10, 15)
    expect(text).to.include('larder_evictions_total{reason="heap"} 0')
  })
})
