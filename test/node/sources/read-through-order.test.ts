/** What a fetch may still give when something was said against the response while it was under way. */
import { expect } from 'chai'
import { pino } from 'pino'
import { parseRoutes } from '../../../node/route-file.ts'
import { RouteTable } from '../../../node/route-table.ts'
import { createSourceMetrics } from '../../../node/sources/metrics.ts'
import { ReadThrough } from '../../../node/sources/read-through.ts'
import type { UpstreamAnswer } from '../../../node/sources/taking.ts'
import type { Asking } from '../../../node/sources/upstream.ts'
import type { Command, Reply, ResponseOutcome } from '../../../shared/command.ts'
import { LarderError } from '../../../shared/errors.ts'
import { createHttpMetrics } from '../../../shared/http/metrics.ts'
import { FakeClock, settled } from '../../support/clock.ts'

const KEY = '/o/1'
const TTL_MS = 10_000
const TAG = 'menu'
const asked = { key: KEY, tenant: 'acme', query: '' }
const options = { deadlineAtMs: Infinity, requestId: 'r', traced: false }
const file = {
  type: 'o',
  path: '/o/{id}',
  upstream: 'http://a/{id}',
  ttl: TTL_MS / 1000,
  stale_if_error: 600,
}

interface Call {
  answer(body: string, isStorable?: boolean): void
  fail(): void
}

/** One response in a local engine whose writes wait until they are let through, as behind a disk that is slow. */
class Bench {
  readonly calls: Call[] = []
  readonly reads: ReadThrough
  stored: ResponseOutcome | undefined
  readonly #waiting: (() => void)[] = []
  #isHolding = false

  constructor() {
    const parsed = parseRoutes(JSON.stringify({ routes: [file] }))
    this.reads = new ReadThrough({
      clock: new FakeClock(),
      tokenBytesMax: 1_000_000,
      local: { execute: (command) => this.#execute(command) },
      routes: new RouteTable('routes' in parsed ? parsed.routes : []),
      upstream: { ask: (asking) => this.#ask(asking) },
      log: pino({ level: 'silent' }),
      metrics: createSourceMetrics(createHttpMetrics().registry),
    })
  }

  holdWrites(): void {
    this.#isHolding = true
  }

  async releaseWrites(): Promise<void> {
    this.#isHolding = false
    for (const go of this.#waiting.splice(0)) go()
    await settled()
  }

  store(body: string, ageMs = 0): void {
    this.stored = {
      type: 'response',
      status: 200,
      contentType: 't',
      body,
      headers: { 'cache-tag': TAG },
      ageMs,
      cacheStatus: 'hit',
    }
  }

  /** As the HTTP route does it. */
  async get(): Promise<string> {
    try {
      const got = await this.reads.execute({ type: 'response.get', ...asked }, options)
      return textOf(
        got.type === 'missing'
          ? await this.reads.execute({ type: 'response.fetch', ...asked }, options)
          : got,
      )
    } catch (error) {
      return error instanceof LarderError ? error.code : String(error)
    }
  }

  do(command: Command): Promise<Reply> {
    return Promise.try(() => this.reads.execute(command, options))
  }

  async #execute(command: Command): Promise<Reply> {
    if (command.type === 'response.get') return { ...(this.stored ?? { type: 'missing' }), owner: 'a' }
    if (this.#isHolding) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (command.type === 'response.put') this.store(String(Buffer.from(command.body as Uint8Array)))
    else this.stored = undefined
    return { type: 'deleted', owner: 'a' }
  }

  #ask({ match }: Asking): Promise<UpstreamAnswer> {
    expect(match.captures).to.deep.equal(['1'])
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamAnswer>()
    this.calls.push({
      answer: (body, isStorable = true) =>
        resolve({
          status: 200,
          contentType: 't',
          headers: isStorable ? {} : { 'cache-control': 'private' },
          body: Buffer.from(body),
          ageMs: 0,
          isDirect: true,
        }),
      fail: () => reject(new LarderError('UPSTREAM_UNREACHABLE', 'gone')),
    })
    return promise
  }
}

const CLEAR = { type: 'responses.clear' } as const
const INVALIDATE: Command = { type: 'response.invalidate', key: KEY, isRefresh: false }
const AGAINST: readonly Command[] = [
  INVALIDATE,
  { type: 'response.invalidate', key: KEY, isRefresh: true },
  { type: 'response.delete', key: KEY, tenant: 'acme' },
  { type: 'response.put', ...asked, contentType: 't', body: Buffer.from('put'), headers: {}, ttlMs: 1 },
  { type: 'responses.clear', tenant: 'acme' },
  { type: 'responses.clear' },
]

describe('a fetch under way', () => {
  for (const command of AGAINST) {
    const name = `${command.type} ${'isRefresh' in command && command.isRefresh ? 'refresh' : ''}`.trim()

    it(`brings nothing old back after ${name}, also if it comes in just before`, async () => {
      const bench = new Bench()
      const first = bench.get()
      await settled()
      bench.holdWrites()
      bench.calls[0]?.answer('old') // It is being stored, and was before anything was said against it.
      await settled()
      const saying = bench.do(command)
      await settled()
      await bench.releaseWrites()
      await saying
      expect(await first).to.equal('old')
      expect(bench.stored?.body).to.equal(command.type === 'response.put' ? 'put' : undefined)
    })

    it(`brings nothing old back after ${name}, if it comes in after that`, async () => {
      const bench = new Bench()
      const first = bench.get()
      await settled()
      await bench.do(command)
      bench.calls[0]?.answer('old')
      expect(await first).to.equal('old')
      await settled()
      expect(bench.stored?.body).to.equal(command.type === 'response.put' ? 'put' : undefined)
    })
  }

  it('is not cut loose by what is said of another tenant or path', async () => {
    const bench = new Bench()
    const first = bench.get()
    await settled()
    await bench.do({ type: 'response.delete', key: KEY, tenant: 'zeta' })
    await bench.do({ type: 'response.delete', key: '/o/12', tenant: 'acme' })
    await bench.do({ type: 'responses.clear', tenant: 'zeta' })
    bench.calls[0]?.answer('good')
    expect([await first, await bench.get()]).to.deep.equal(['good', 'good'])
    expect(bench.calls).to.have.length(1)
  })

  it('is cut loose when the members change: it may have missed an event', async () => {
    const bench = new Bench()
    const first = bench.get()
    await settled()
    bench.reads.doubt((key) => key !== KEY)
    const second = bench.get()
    await settled()
    bench.calls[0]?.answer('old')
    bench.calls[1]?.answer('new')
    expect([await first, await second, await bench.get()]).to.deep.equal(['old', 'new', 'new'])
  })

  it('goes on when the members change, where its slot is held all along', async () => {
    const bench = new Bench()
    const first = bench.get()
    await settled()
    bench.reads.doubt((key) => key === KEY)
    const second = bench.get()
    await settled()
    bench.calls[0]?.answer('good')
    expect([await first, await second, await bench.get(), bench.calls.length]).to.deep.equal([
      ...['good', 'good', 'good'],
      1,
    ])
  })

  for (const command of [INVALIDATE, CLEAR, { ...CLEAR, tag: TAG }])
    it(`gives no stale body to who asks after ${Object.values(command)} was confirmed, when upstream fails`, async () => {
      const bench = new Bench()
      bench.store('old', 2 * TTL_MS)
      bench.holdWrites()
      const saying = bench.do(command)
      await settled()
      const during = bench.get() // Finds the stale body, as what is said waits for its turn.
      await settled()
      await bench.releaseWrites()
      await saying
      const after = bench.get()
      await settled()
      for (const call of bench.calls) call.fail()
      await during
      expect(await after).to.equal('UPSTREAM_UNREACHABLE')
    })

  it('that fails fails for all who wait for it, and the next one tries again', async () => {
    const bench = new Bench()
    const waiting = Array.from({ length: 1000 }, () => bench.get())
    await settled()
    expect(bench.calls).to.have.length(1)
    bench.calls[0]?.fail()
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['UPSTREAM_UNREACHABLE']))
    const next = bench.get()
    await settled()
    bench.calls[1]?.answer('fine')
    expect(await next).to.equal('fine')
  })

  it('gives its answer also where it cannot be stored', async () => {
    const bench = new Bench()
    const answers = [bench.get(), bench.get()]
    await settled()
    bench.calls[0]?.answer('private', false)
    expect(await Promise.all(answers)).to.deep.equal(['private', 'private'])
    expect(bench.stored).to.equal(undefined)
  })
})

function textOf(reply: Reply): string {
  if (reply.type !== 'response') return reply.type
  return typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString()
}
