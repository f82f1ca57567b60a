/** Serialized writers: order, bounded queues, and what a failure does to the others. */
import { expect } from 'chai'
import type { Command, Reply } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import { slotOf } from '../../../shared/placement.ts'
import { settled } from '../../support/clock.ts'
import { Bench } from './bench.ts'

function add(key: string, by: number): Command {
  return { type: 'counter.add', key, by: String(by) }
}
function set(key: string, body: string): Command {
  return { type: 'value.set', key, contentType: 'text/plain', body }
}
async function codeOf(reply: Promise<Reply>): Promise<string> {
  return reply.then(
    ({ type }) => type,
    (error: LarderError) => error.code,
  )
}

/** Keys of shard 0 and of shard 1, by their slots. */
const [mine, other] = ['4', '5']

describe('shards', () => {
  it('put these keys into different shards', () => {
    expect([slotOf(mine ?? '') % 4, slotOf(other ?? '') % 4]).to.deep.equal([0, 1])
  })

  it('apply the writes of a key in the order in which they came', async () => {
    const bench = new Bench()
    const totals = await Promise.all(Array.from({ length: 50 }, () => bench.execute(add('stew', 1))))
    expect(totals.map((reply) => reply.type === 'total' && reply.value)).to.deep.equal(
      Array.from({ length: 50 }, (_, index) => String(index + 1)),
    )
  })

  it('refuse at once what a full queue cannot take, go on elsewhere, and lose nothing of what they took', async () => {
    const bench = new Bench({ queueMax: 10 })
    bench.hold((changes) => changes.some(({ slot }) => slot % 4 === 0))
    const first = bench.execute(add('4', 1))
    await settled() // Now it is being committed, and what follows waits in the queue.
    const queued = Array.from({ length: 10 }, () => bench.execute(add('4', 1)))
    const refused = await Promise.all(Array.from({ length: 5 }, () => codeOf(bench.execute(add('4', 1)))))
    expect(refused).to.deep.equal(Array(5).fill('OVERLOADED'))
    expect(bench.shards.waiting).to.deep.equal([10, 0, 0, 0])
    expect(bench.shards.refused).to.deep.equal([5, 0, 0, 0])
    expect(await codeOf(bench.execute(set('5', 'salt')))).to.equal('stored')
    bench.release()
    const totals = await Promise.all([first, ...queued])
    expect(totals.map((reply) => reply.type === 'total' && reply.value)).to.deep.equal(
      Array.from({ length: 11 }, (_, index) => String(index + 1)),
    )
    expect(await bench.execute({ type: 'counter.get', key: '4' })).to.include({ value: '11' })
  })

  it('hand over the changes of a batch once, before its replies leave', async () => {
    const bench = new Bench()
    bench.hold(() => true)
    let answered = 0
    const writes = ['1', '5', '9'].map((key) => bench.execute(set(key, 'x')).then(() => answered++))
    await settled()
    expect(answered).to.equal(0)
    bench.release()
    await Promise.all(writes)
    expect(bench.committed.map((changes) => changes.map(({ id }) => id))).to.deep.equal([['v1', 'v5', 'v9']])
  })

  it('let one command fail without touching its neighbours in the batch', async () => {
    const bench = new Bench()
    const codes = await Promise.all([
      codeOf(bench.execute({ type: 'counter.add', key: 'c', by: String(2n ** 63n - 1n) })),
      codeOf(bench.execute(add('c', 1))),
      codeOf(bench.execute(add('c', -1))),
    ])
    expect(codes).to.deep.equal(['total', 'OUT_OF_RANGE', 'total'])
    expect(await bench.execute({ type: 'counter.get', key: 'c' })).to.include({
      value: String(2n ** 63n - 2n),
    })
  })

  it('fail a whole batch when its changes could not be handed over, and go on with the next', async () => {
    const bench = new Bench()
    bench.hold(() => {
      throw new LarderError('INTERNAL', 'no disk')
    })
    expect(await codeOf(bench.execute(set('a', 'x')))).to.equal('INTERNAL')
    bench.hold(() => false)
    expect(await codeOf(bench.execute(set('a', 'x')))).to.equal('stored')
  })

  it('refuse a value that would fill all the memory by itself', async () => {
    const bench = new Bench({ bytesMax: 1000 })
    expect(await codeOf(bench.execute(set('a', 'x'.repeat(1000))))).to.equal('MEMORY_FULL')
    expect(bench.shards.refusedForMemory).to.include({ value: 1, counter: 0 })
  })

  it('refuse a slot that is not theirs before anything is applied', async () => {
    const bench = new Bench()
    bench.lost.add(slotOf('4'))
    expect(await codeOf(bench.execute(add('4', 1)))).to.equal('WRONG_OWNER')
    expect(await codeOf(bench.execute({ type: 'counter.get', key: '4' }))).to.equal('WRONG_OWNER')
    expect(await codeOf(bench.execute(add('5', 1)))).to.equal('total')
    bench.lost.clear()
    expect(await codeOf(bench.execute({ type: 'counter.get', key: '4' }))).to.equal('missing')
  })

  it('refuse a write whose slot went to another member while it waited', async () => {
    const bench = new Bench()
    const waiting = codeOf(bench.execute(add('4', 1)))
    bench.lost.add(slotOf('4'))
    expect(await waiting).to.equal('WRONG_OWNER')
    expect(bench.committed).to.deep.equal([])
  })

  it('do not apply a write whose caller has given up while it waited', async () => {
    const bench = new Bench()
    bench.hold(() => true)
    const first = bench.execute(add('4', 1))
    await settled()
    const late = codeOf(bench.execute(add('4', 1), bench.clock.now() + 100))
    await bench.clock.advance(200)
    bench.release()
    await first
    expect(await late).to.equal('OVERLOADED')
    expect(await bench.execute({ type: 'counter.get', key: '4' })).to.include({ value: '1' })
  })

  it('let a command wait for a slot that is still arriving', async () => {
    const bench = new Bench()
    const { promise, resolve } = Promise.withResolvers<void>()
    bench.arriving = promise
    bench.isArriving = true
    const answers: string[] = []
    for (const command of [add('4', 1), { type: 'activity', limit: 1 } as const])
      void codeOf(bench.execute(command)).then((code) => answers.push(code))
    await settled()
    expect(answers).to.deep.equal([])
    bench.isArriving = false
    resolve()
    await settled()
    expect(answers.sort()).to.deep.equal(['activity', 'total'])
  })

  it('forget the responses of a slot that has come into doubt meanwhile, once it is here again', async () => {
    const bench = new Bench()
    const about = { key: '/soups', tenant: 'acme', query: '' }
    const facts = { contentType: 'text/plain', body: 'salt', headers: {}, ttlMs: 60_000 }
    await bench.execute({ type: 'response.put', ...about, ...facts })
    const { promise, resolve } = Promise.withResolvers<void>()
    const answers: string[] = []
    void codeOf(bench.execute({ type: 'responses.clear' })).then((code) => answers.push(code))
    bench.arriving = promise
    bench.isArriving = true
    await settled()
    expect(answers).to.deep.equal([])
    bench.isArriving = false
    resolve()
    await settled()
    expect(answers).to.deep.equal(['deleted'])
    expect(await codeOf(bench.execute({ type: 'response.get', ...about }))).to.equal('missing')
  })

  it('bury the copies of responses that others own and a purge is about, whatever their owners have', async () => {
    for (const purge of [{ tag: 'menu' }, { tenant: 'acme' }, {}]) {
      const bench = new Bench()
      const put = (key: string, tag: string) =>
        bench.execute({
          ...{ type: 'response.put', key, tenant: 'acme', query: '', contentType: 'text/plain', body: key },
          ...{ headers: { 'surrogate-key': tag }, ttlMs: 60_000 },
        })
      const keys = ['/a', '/b', '/c']
      for (const key of keys) await put(key, key === '/c' ? 'wine' : 'menu')
      const time = bench.stamps.next(0).time
      // Written later than the purge, which came that long.
      await put('/b', 'menu')
      for (const key of keys) bench.lost.add(slotOf(key))
      bench.copied.length = 0
      await bench.execute({ type: 'responses.clear', ...purge, time })
      // They are read as whoever owns them next would have them.
      bench.lost.clear()
      const reads = keys.map((key) =>
        codeOf(bench.execute({ type: 'response.get', key, tenant: 'acme', query: '' })),
      )
      const isTagged = 'tag' in purge
      expect(await Promise.all(reads)).to.deep.equal([
        'missing',
        'response',
        isTagged ? 'response' : 'missing',
      ])
      expect(bench.copied).to.deep.equal([])
    }
  })

  it('leave what is stale already when it is to be stale, also where others own it', async () => {
    const bench = new Bench()
    const about = { key: '/a', tenant: 'acme', query: '' }
    const content = { contentType: 'text/plain', body: '', headers: {}, ttlMs: 60_000 }
    await bench.execute({ type: 'response.put', ...about, ...content, facts: { staleAtMs: 0 } })
    bench.lost.add(slotOf('/a'))
    await bench.execute({ type: 'responses.clear', isSoft: true, time: bench.stamps.next(0).time })
    bench.lost.clear()
    expect(await codeOf(bench.execute({ type: 'response.get', ...about }))).to.equal('response')
  })

  it('answer a write, and whoever has read it, only when the other holders have it', async () => {
    const bench = new Bench()
    const { promise, resolve } = Promise.withResolvers<void>()
    bench.copying = promise
    const answers: string[] = []
    const ask = (command: Command) =>
      void codeOf(bench.execute(command)).then((code) => answers.push(`${command.type} ${code}`))
    ask({ type: 'counter.add', key: '4', by: '1', idempotencyKey: 'once' })
    await settled()
    ask({ type: 'counter.get', key: '4' })
    ask({ type: 'counter.get', key: '8' })
    await settled()
    expect(bench.copied).to.deep.equal([[['v4', 'i4\0once']]])
    expect(answers).to.deep.equal(['counter.get missing'])
    resolve()
    await settled()
    expect(answers.sort()).to.deep.equal(['counter.add total', 'counter.get missing', 'counter.get total'])
  })
})
