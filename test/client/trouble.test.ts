/** What the client makes of nodes that are in trouble. */
import { expect } from 'chai'
import { Larder, LarderError } from '../../client/larder.ts'
import { slotOf } from '../../shared/placement.ts'
import { placeSlots } from '../../shared/placing.ts'
import { until } from '../support/until.ts'
import { FakeNode, found } from './fake-node.ts'

/** Nobody listens there. */
const REFUSES = 'http://127.0.0.1:1'

async function failed(call: Promise<unknown>): Promise<LarderError> {
  const error = await call.then(
    () => undefined,
    (error) => error,
  )
  expect(error).instanceOf(LarderError)
  return error
}

describe('client: calls of one turn', () => {
  it('are one batch, in their order, and each gets its own answer', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [node.url], direct: false })
    const values = await Promise.all(['x', 'y', 1, 2n].map((key) => larder.get(key)))
    expect(values).deep.equal(['of x', 'of y', 'of 1', 'of 2'])
    expect(node.batches.map((ops) => ops.map(({ key }) => key))).deep.equal([['x', 'y', '1', '2']])
  })

  it('are no more in a batch than a node takes', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [node.url], direct: false })
    await Promise.all(Array.from({ length: 2500 }, (_, index) => larder.get(index + 1)))
    expect(node.batches.map((ops) => ops.length)).deep.equal([1000, 1000, 500])
  })

  it('a value that has no room in an answer with others is asked for by itself', async () => {
    await using node = await FakeNode.start('a')
    node.behaviour = (operation) =>
      operation.key === 'large' && node.batches.at(-1)?.length !== 1
        ? { status: 413, code: 'TOO_LARGE' }
        : (found as (operation: object) => object)(operation)
    using larder = new Larder({ urls: [node.url], direct: false })
    const values = await Promise.all([larder.get('small'), larder.get('large')])
    expect(values).deep.equal(['of small', 'of large'])
  })
})

describe('client: a node that is in trouble', () => {
  it('refuses connections: another one is asked at once', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [REFUSES, node.url], direct: false })
    const totals = await Promise.all([1, 2, 3].map((key) => larder.counter(key).add()))
    expect(totals).deep.equal([1n, 1n, 1n])
  })

  it('breaks the connection: what may be done twice is tried again, an increment under the same name', async () => {
    await using broken = await FakeNode.start('a', 'reset')
    await using node = await FakeNode.start('b')
    using larder = new Larder({ urls: [broken.url, node.url], direct: false })
    while (broken.batches.length === 0) expect(await larder.counter('c').add()).equal(1n)
    const names = [...broken.batches, ...node.batches].flat().map((op) => op.idempotency_key)
    expect(broken.batches[0]?.[0]?.idempotency_key).be.a('string')
    expect(names.filter((name) => name === broken.batches[0]?.[0]?.idempotency_key)).length(2)
  })

  it('breaks the connection: what must not be done twice is not known', async () => {
    await using broken = await FakeNode.start('a', 'reset')
    using larder = new Larder({ urls: [broken.url], direct: false })
    for (const call of [
      larder.set('lock', 'mine', { ifAbsent: true }),
      larder.set('k', 1, { ifMatch: '"1"' }),
      larder.delete('k', { ifMatch: '"1"' }),
      larder.take('k'),
    ]) {
      const { code, retryable } = await failed(call)
      expect([code, retryable]).deep.equal(['NOT_KNOWN', false])
    }
    expect(broken.batches.flat()).length(4)
  })

  it('says that nothing was done: whatever was asked is tried again', async () => {
    await using node = await FakeNode.start('a', { status: 503, code: 'NOT_READY' })
    using larder = new Larder({ urls: [node.url], direct: false })
    const lock = larder.set('lock', 'mine', { ifAbsent: true })
    await until(
      async () => node.batches.length,
      (batches) => batches > 2,
    )
    node.behaviour = found
    expect(await lock).deep.equal({ etag: '"1"' })
  })

  it('answers an error that does not pass: it is thrown, and nothing is tried again', async () => {
    await using node = await FakeNode.start('a', { status: 401, code: 'UNAUTHORIZED' })
    using larder = new Larder({ urls: [node.url], direct: false })
    const { code, status, retryable, message } = await failed(larder.get('k'))
    expect([code, status, retryable]).deep.equal(['UNAUTHORIZED', 401, false])
    expect(message).equal('as it was told to')
    expect(node.batches).length(1)
  })

  it('answers nothing: the call ends with its deadline, or its signal, and never hangs', async () => {
    await using node = await FakeNode.start('a', 'hang')
    using larder = new Larder({ urls: [node.url], direct: false })
    const { code, retryable } = await failed(larder.get('k', { timeoutMs: 50 }))
    expect([code, retryable]).deep.equal(['TIMED_OUT', true])
    const controller = new AbortController()
    const call = larder.get('k', { signal: controller.signal })
    controller.abort(new RangeError('enough'))
    expect(await call.catch((error) => error)).instanceOf(RangeError)
    const left = failed(larder.get('k'))
    larder.close()
    expect((await left).code).equal('CLOSED')
    expect((await failed(larder.get('k'))).code).equal('CLOSED')
  })

  it('answers nothing: calls beyond what is under way do not wait for it, but ask another one', async () => {
    await using silent = await FakeNode.start('a', 'hang')
    await using node = await FakeNode.start('b')
    using larder = new Larder({ urls: [silent.url, node.url], direct: false })
    await Promise.all(Array.from({ length: 12_000 }, (_, index) => larder.get(index + 1)))
    expect(silent.batches.map((ops) => ops.length)).deep.equal([1000, 1000, 1000, 1000])
  })

  it('answers nonsense: that is said', async () => {
    await using node = await FakeNode.start('a', () => ({ status: 200, no: 'etag' }))
    using larder = new Larder({ urls: [node.url], direct: false })
    expect((await failed(larder.set('k', 1))).code).equal('NOT_UNDERSTOOD')
  })

  it('is somebody else, who answers anything with a page or an object: that is said too', async () => {
    for (const [type, page] of [
      ['text/html', '<p>Welcome'],
      ['application/json', '{"welcome":true}'],
    ] as const) {
      await using node = await FakeNode.start('a')
      node.behaviour = { page, type }
      using larder = new Larder({ urls: [node.url], direct: false })
      expect((await failed(larder.get('k'))).code, page).equal('NOT_UNDERSTOOD')
      expect((await failed(larder.has('k'))).code, page).equal('NOT_UNDERSTOOD')
    }
  })
})

describe('client: whom it asks', () => {
  async function cluster() {
    const nodes = await Promise.all(['a', 'b', 'c'].map((id) => FakeNode.start(id)))
    const members = nodes.map(({ told }) => told)
    for (const node of nodes) node.members = members
    const owners = placeSlots(['a', 'b', 'c'])
    const ownerOf = (key: string) => nodes[owners[slotOf(key)] ?? 0] as FakeNode
    return { nodes, ownerOf, stop: () => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())) }
  }

  it('is the owner of the key, once it knows the members', async () => {
    const { nodes, ownerOf, stop } = await cluster()
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
    using larder = new Larder({ urls: [nodes[0]?.url ?? ''] })
    const known = keys.find((key) => ownerOf(key) !== nodes[0]) ?? ''
    await until(
      () => larder.get(known),
      () => ownerOf(known).batches.length > 0,
    )
    for (const node of nodes) node.batches.length = 0
    await Promise.all(keys.map((key) => larder.get(key)))
    for (const node of nodes) {
      expect(node.batches.flat().map(({ key }) => key)).deep.equal(
        keys.filter((key) => ownerOf(key) === node),
      )
      expect(node.batches).length(1)
    }
    await stop()
  })

  it('is another one where the owner is gone', async () => {
    const { nodes, ownerOf, stop } = await cluster()
    using larder = new Larder({ urls: nodes.map(({ url }) => url) })
    const owner = ownerOf('soup')
    await until(
      () => larder.get('soup'),
      () => owner.batches.length > 0,
    )
    await owner[Symbol.asyncDispose]()
    for (let count = 0; count < 20; count++) expect(await larder.get('soup')).equal('of soup')
    await stop()
  })

  it('is nobody whom it cannot reach, or who is somebody else, and no key is shown to those', async () => {
    await using node = await FakeNode.start('a')
    await using stranger = await FakeNode.start('z')
    node.members = [node.told, { ...stranger.told, id: 'b' }, { id: 'c', url: REFUSES, incarnation: 'c-1' }]
    using larder = new Larder({ urls: [node.url], apiKey: 'a key of the cluster' })
    await until(
      () => larder.get('k'),
      () => stranger.asked.length > 0,
    )
    for (let count = 0; count < 50; count++) expect(await larder.get(`k${count}`)).equal(`of k${count}`)
    expect(stranger.batches).length(0)
    expect(stranger.asked.every(({ path, apiKey }) => path === '/healthcheck' && apiKey === undefined)).equal(
      true,
    )
    expect(node.asked.some(({ apiKey }) => apiKey === 'a key of the cluster')).equal(true)
  })
})
