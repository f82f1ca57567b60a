/** Increments with an Idempotency-Key: however often they are sent, they count once. */
import { expect } from 'chai'
import { startTestNode, type TestNode } from '../../support/node.ts'
import { converse, requestWith } from '../../support/raw.ts'
import { type Answer, call, expectProblem, send } from './call.ts'

const TEN_MINUTES_MS = 600_000

describe('Idempotency-Key', () => {
  let node: TestNode
  beforeEach(async () => {
    node = await startTestNode()
  })
  afterEach(() => node[Symbol.asyncDispose]())

  const add = (by: number, once: string, key = 'k'): Promise<Answer> =>
    send(`POST ${node.url}/api/v1/counters/${key}`, { by }, { 'idempotency-key': once })
  const increment = (value: number, once: string): Promise<Answer> =>
    send(`POST ${node.url}/increment`, { key: 'k', value }, { 'idempotency-key': once })
  const total = async (): Promise<unknown> => {
    const { json } = await call(`GET ${node.url}/api/v1/counters/k`)
    return (json as { value?: string }).value
  }

  it('gives the first answer again and adds nothing, through either call', async () => {
    expect((await add(5, 'once')).json).to.deep.equal({ key: 'k', value: '5' })
    await send(`POST ${node.url}/increment`, { key: 'k', value: 1 })
    expect((await add(5, 'once')).json).to.deep.equal({ key: 'k', value: '5' })
    expect((await increment(5, 'once')).text).to.equal('5')
    expect(await total()).to.equal('6')
  })

  it('lets all at once count as one', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => add(3, 'once')))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).to.equal(1)
    expect(await total()).to.equal('3')
  })

  it('is remembered for ten minutes', async () => {
    await add(5, 'once')
    await node.clock.advance(TEN_MINUTES_MS - 1)
    expect((await add(5, 'once')).json).to.include({ value: '5' })
    await node.clock.advance(1)
    expect((await add(5, 'once')).json).to.include({ value: '10' })
  })

  it('holds for one counter, and for none that another key names', async () => {
    await add(1, 'once')
    expect((await add(1, 'Once')).json).to.include({ value: '2' })
    expect((await add(1, 'once', 'other')).json).to.include({ value: '1' })
  })

  it('is not used up by what was refused', async () => {
    expectProblem(
      await send(`POST ${node.url}/api/v1/counters/k`, { by: 1.5 }, { 'idempotency-key': 'once' }),
      400,
      'BAD_REQUEST',
    )
    expect((await add(1, 'once')).json).to.include({ value: '1' })
  })

  it('may be any text of up to 255 characters', async () => {
    let count = 0
    for (const once of ['x'.repeat(255), '__proto__', 'constructor', '"quoted"', 'a, b', '\xe9\xff', '0']) {
      const expected = String(++count)
      for (let time = 0; time < 2; time++)
        expect((await add(1, once)).json, once).to.include({ value: expected })
    }
  })

  it('must not be empty or longer, and adds nothing then', async () => {
    for (const once of ['', 'x'.repeat(256)]) {
      expectProblem(await add(1, once), 400, 'BAD_REQUEST')
      expectProblem(await increment(1, once), 400, 'BAD_REQUEST')
    }
    expect(await total()).to.equal(undefined)
  })

  it('is refused where nothing is remembered and what is asked again counts again', async () => {
    const once = { 'idempotency-key': 'once' }
    for (const [path, body] of [
      ['/api/v1/limits/k', { limit: 9, window: 60 }],
      ['/api/v1/batch', { ops: [{ op: 'increment', key: 'k' }] }],
      ['/redis', ['INCR', 'k']],
      ['/redis/pipeline', [['INCR', 'k']]],
      ['/redis/incr/k', ''],
    ] as const)
      expectProblem(await send(`POST ${node.url}${path}`, body, once), 400, 'BAD_REQUEST')
    expect(await total()).to.equal(undefined)
    const { json } = await send(`POST ${node.url}/api/v1/limits/k`, { limit: 9, window: 60 })
    expect(json).to.include({ remaining: 8 })
  })

  it('may hold bytes of any encoding', async () => {
    const once = Buffer.from('\u{1f525} soup').toString('latin1')
    const request = requestWith('POST /increment', 'application/json', '{"key":"k","value":1}')
    const said = Buffer.from(
      request.replace('Host: localhost', `Host: localhost\r\nIdempotency-Key: ${once}`),
      'latin1',
    )
    const answers = await converse(node.node.port, Buffer.concat([said, said]), { answers: 2 })
    expect(answers.map(({ status, body }) => `${status} ${body}`)).to.deep.equal(['200 1', '200 1'])
  })
})
