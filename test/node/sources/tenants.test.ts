/** Tenants: nobody sees what is another's or what is over, in whatever order things happen, and nobody is pushed out. */
import { expect } from 'chai'
import fc from 'fast-check'
import { settled } from '../../support/clock.ts'
import { Cluster } from '../../support/cluster.ts'
import { startTestNode } from '../../support/node.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, send } from '../http/call.ts'

const TENANTS = ['acme', 'zeta', 'ac']
const IDS = ['1', '2']

type Act =
  | { readonly act: 'get' | 'put' | 'delete'; readonly tenant: string; readonly id: string }
  | { readonly act: 'clear'; readonly tenant: string | undefined }
  | { readonly act: 'event'; readonly id: string; readonly isAwaited: boolean }
  | { readonly act: 'release'; readonly which: number }
  | { readonly act: 'wait'; readonly forMs: number }
  | { readonly act: 'fail'; readonly isFailing: boolean }

const tenant = fc.constantFrom(...TENANTS)
const id = fc.constantFrom(...IDS)
const get = fc.record({ act: fc.constant('get' as const), tenant, id })
const release = fc.record({ act: fc.constant('release' as const), which: fc.nat() })
const event = fc.record({ act: fc.constant('event' as const), id, isAwaited: fc.boolean() })
const anAct: fc.Arbitrary<Act> = fc.oneof(
  { arbitrary: get, weight: 8 },
  { arbitrary: release, weight: 5 },
  { arbitrary: event, weight: 3 },
  fc.record({ act: fc.constantFrom('put' as const, 'delete' as const), tenant, id }),
  fc.record({ act: fc.constant('clear' as const), tenant: fc.option(tenant, { nil: undefined }) }),
  fc.record({ act: fc.constant('wait' as const), forMs: fc.constantFrom(0, 5000, 25_000) }),
  fc.record({ act: fc.constant('fail' as const), isFailing: fc.boolean() }),
)

interface Body {
  readonly tenant: string
  readonly id: string
  /** When it was made, as a number that only grows. */
  readonly at: number
}

/** Where it is played. */
interface Stage {
  readonly urls: readonly string[]
  advance(ms: number): Promise<void>
}

/** Carries out what fast-check has thought of, and holds every answer against what may be in it. */
class Play {
  readonly #stage: Stage
  readonly #upstream: TestUpstream
  readonly #name: string
  readonly #floors = new Map<string, number>()
  readonly #answers: Promise<void>[] = []
  #isFailing = false
  #at = 0
  #turn = 0

  constructor(stage: Stage, upstream: TestUpstream, name: string) {
    this.#stage = stage
    this.#upstream = upstream
    this.#name = name
    // What it says is decided when it is asked: an old answer may arrive late.
    upstream.answer = ({ path, tenant }) =>
      this.#isFailing ? { breaks: 'silent' } : { body: this.#body(tenant, /-(\d+)\)/.exec(path)?.[1] ?? '') }
    upstream.hold()
  }

  async act(act: Act): Promise<void> {
    switch (act.act) {
      case 'get':
        this.#answers.push(this.#get(act.tenant, act.id))
        return settled()
      case 'put': {
        const at = this.#at + 1
        const { status } = await this.#call('PUT', act.tenant, act.id, this.#body(act.tenant, act.id))
        expect(status).to.equal(204)
        return this.#raise(at, [act.tenant], [act.id])
      }
      case 'delete': {
        const at = ++this.#at
        expect((await this.#call('DELETE', act.tenant, act.id)).status).to.equal(204)
        return this.#raise(at, [act.tenant], [act.id])
      }
      case 'clear': {
        const at = ++this.#at
        const headers: Record<string, string> = act.tenant === undefined ? {} : { org_id: act.tenant }
        expect((await call(`DELETE ${this.#url}/clear`, { headers })).status).to.equal(204)
        return this.#raise(at, act.tenant === undefined ? TENANTS : [act.tenant], IDS)
      }
      case 'event': {
        const told = this.#event(act.id)
        this.#answers.push(told)
        return act.isAwaited ? told : settled()
      }
      case 'release':
        return this.#upstream.releaseOne(act.which % Math.max(1, this.#upstream.held.length))
      case 'wait':
        await call(`GET ${this.#url}/livez`)
        return this.#stage.advance(act.forMs)
      case 'fail':
        this.#isFailing = act.isFailing
    }
  }

  async end(): Promise<void> {
    this.#isFailing = false
    this.#upstream.release()
    await Promise.all(this.#answers)
  }

  async #get(tenant: string, id: string): Promise<void> {
    const floor = this.#floors.get(`${tenant} ${id}`) ?? 0
    const answer = await this.#call('GET', tenant, id)
    if (answer.status === 502) return
    expect(answer.status, answer.text).to.equal(200)
    const body = JSON.parse(answer.text) as Body
    expect([body.tenant, body.id]).to.deep.equal([tenant, id])
    expect(body.at, `what ${tenant} got of ${id}`).to.be.at.least(floor)
  }

  async #event(id: string): Promise<void> {
    const at = ++this.#at
    const message = { type: 'object.update', objectid: `${this.#name}-${id}` }
    const { status } = await send(`POST ${this.#url}/api/v1/events`, message)
    if (status === 202) this.#raise(at, TENANTS, [id])
  }

  /** From now on nobody may be given anything older. */
  #raise(at: number, tenants: readonly string[], ids: readonly string[]): void {
    for (const name of tenants.flatMap((tenant) => ids.map((id) => `${tenant} ${id}`)))
      this.#floors.set(name, Math.max(at, this.#floors.get(name) ?? 0))
  }

  /** Another node each time. */
  get #url(): string {
    const { urls } = this.#stage
    return urls[++this.#turn % urls.length] ?? ''
  }

  #body(tenant: string, id: string): string {
    return JSON.stringify({ tenant, id, at: ++this.#at } satisfies Body)
  }

  #call(method: string, tenant: string, id: string, body?: string) {
    const url = `${this.#url}/server/object(${this.#name}-${id})/header`
    return call(`${method} ${url}`, { headers: { org_id: tenant }, ...(body !== undefined && { body }) })
  }
}

describe('tenants', () => {
  for (const action of ['invalidate', 'refresh']) {
    const events = { topic: 't', id: 'objectid', action, types: ['object.update'] }
    const different = { events, ttl: 20, stale_while_revalidate: 10, stale_if_error: 60, timeout_ms: 60_000 }

    it(`never get what is another's or what is over, in whatever order things happen, with events that ${action}`, async function () {
      this.timeout(60_000)
      await using upstream = await TestUpstream.start()
      await using node = await startTestNode({ ROUTES_FILE: await upstream.contract(different) })
      await playAll({ urls: [node.url], advance: (ms) => node.clock.advance(ms) }, upstream)
    })

    it(`never do at any of several nodes either, with events that ${action}`, async function () {
      this.timeout(60_000)
      await using upstream = await TestUpstream.start()
      const node = { ROUTES_FILE: await upstream.contract(different) }
      await using cluster = await Cluster.start({ ids: ['a', 'b', 'c'], node })
      await playAll({ urls: ['a', 'b', 'c'].map((id) => cluster.url(id)), advance: settled }, upstream)
    })
  }

  it('have copies of their own of the same path, and are told apart by all of their name', async () => {
    await using upstream = await TestUpstream.start()
    await using node = await startTestNode({ ROUTES_FILE: await upstream.contract() })
    const names = [
      'acme',
      'ACME',
      'acme2',
      'acm',
      'acme,zeta',
      'a\\0b',
      '0',
      'ümlaut',
      'undefined',
      'a?b',
      '"',
      '%00',
    ]
    for (const times of [1, 2]) {
      for (const name of names) {
        const answer = await call(`GET ${node.url}/server/templates/1`, { headers: { org_id: name } })
        const { tenant } = answer.json as { tenant: string }
        expect(tenant, `${times}`).to.equal(name)
      }
    }
    expect(upstream.calls).to.have.length(names.length)
  })

  it('that flood push out neither a tenant within its share nor the values of /api', async () => {
    await using upstream = await TestUpstream.start()
    await using node = await startTestNode({ ROUTES_FILE: await upstream.contract(), MAX_BYTES: '300000' })
    upstream.answer = ({ tenant }) => ({ body: tenant.padEnd(2000) })
    const at = (id: number) => `${node.url}/server/templates/${id}`
    for (let id = 0; id < 20; id++) {
      await call(`GET ${at(id)}`, { headers: { org_id: 'quiet' } })
      await send(`POST ${node.url}/api`, { key: `k${id}`, data: 'x'.repeat(2000) })
    }
    for (let id = 0; id < 400; id++) await call(`GET ${at(id)}`, { headers: { org_id: 'flood' } })
    for (let id = 0; id < 200; id++)
      await call(`PUT ${at(id)}`, { headers: { org_id: 'flood' }, body: 'y'.repeat(3000) })
    const calls = upstream.calls.length
    for (let id = 0; id < 20; id++) {
      const answer = await call(`GET ${at(id)}`, { headers: { org_id: 'quiet' } })
      expect(answer.headers.get('cache-status')).to.match(/hit/)
      expect((await call(`GET ${node.url}/api?key=k${id}`)).json).to.include({ data: 'x'.repeat(2000) })
    }
    expect(upstream.calls).to.have.length(calls)
  })
})

async function playAll(stage: Stage, upstream: TestUpstream): Promise<void> {
  let plays = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anAct, { minLength: 10, maxLength: 60 }), async (acts) => {
      const play = new Play(stage, upstream, `p${++plays}`)
      try {
        for (const act of acts) await play.act(act)
      } finally {
        await play.end()
      }
    }),
    { numRuns: 150 },
  )
  expect(upstream.calls.length).to.be.above(500)
}
