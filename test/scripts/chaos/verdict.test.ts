/** What the verdict of a chaos run says of members that tell lies, and of faults that clients must not notice. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { checkAll, repeatAll } from '../../../scripts/chaos/check.ts'
import { Random } from '../../../scripts/chaos/random.ts'
import { type Counter, type Place, Records } from '../../../scripts/chaos/records.ts'
import { send } from '../../../scripts/chaos/requests.ts'
import { asJson, asMarkdown, asText } from '../../../scripts/chaos/tables.ts'
import { type Report, Verdict } from '../../../scripts/chaos/verdict.ts'

/** Members that answer all calls of a chaos run out of one memory, which a test may spoil. */
class Fakes {
  readonly values = new Map<string, string>()
  readonly totals = new Map<string, number>()
  readonly once = new Map<string, string>()
  readonly users = new Map<string, Set<string>>()
  /** By path and tenant. */
  readonly responses = new Map<string, string>()
  readonly #servers: Server[] = []

  async start(): Promise<Map<string, string>> {
    const urls = ['a', 'b'].map(async (id) => {
      const server = createServer((request, response) => void this.#answer(request, response))
      this.#servers.push(server)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      return [id, `http://127.0.0.1:${(server.address() as AddressInfo).port}`] as const
    })
    return new Map(await Promise.all(urls))
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) server.close().closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString()
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const [status, text] = this.#carryOut(request, url, body)
    response.writeHead(status).end(text)
  }

  #carryOut({ method, headers }: IncomingMessage, url: URL, body: string): [number, string] {
    const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    if (url.pathname === '/api') return this.#value(method, url.searchParams.get('key') ?? '', body)
    if (url.pathname === '/api/v1/purge') return this.#purge(body)
    if (url.pathname.startsWith('/menu')) return this.#response(method, `${name} ${headers['org_id']}`, body)
    if (url.pathname.startsWith('/api/v1/counters'))
      return this.#counter(name, body, headers['idempotency-key'])
    if (method === 'GET') return [200, JSON.stringify({ users: { fire: [...(this.users.get(name) ?? [])] } })]
    const { action, content_id: content, user_id: user } = JSON.parse(body)
    const users = this.users.get(content) ?? new Set()
    this.users.set(content, users)
    if (action === 'add') users.add(user)
    else users.delete(user)
    return [201, '']
  }

  #value(method: string | undefined, key: string, body: string): [number, string] {
    if (method === 'POST') {
      const { key, data } = JSON.parse(body)
      this.values.set(key, data)
    }
    if (method === 'DELETE') this.values.delete(key)
    return [200, JSON.stringify({ data: this.values.get(key) ?? null })]
  }

  #purge(body: string): [number, string] {
    const { tag, path, org_id: tenant } = JSON.parse(body)
    this.responses.delete(`${(tag ?? path).match(/\d+$/)[0]} ${tenant}`)
    return [202, '']
  }

  #counter(name: string, body: string, key: string | string[] | undefined): [number, string] {
    const total = this.totals.get(name)
    if (body === '') return total === undefined ? [404, '{}'] : [200, JSON.stringify({ value: `${total}` })]
    const known = this.once.get(`${key}`)
    if (known !== undefined) return [200, known]
    const after = (total ?? 0) + Number(JSON.parse(body).by)
    this.totals.set(name, after)
    const answer = JSON.stringify({ value: `${after}` })
    if (key !== undefined) this.once.set(`${key}`, answer)
    return [200, answer]
  }

  #response(method: string | undefined, name: string, body: string): [number, string] {
    if (method === 'PUT') this.responses.set(name, body)
    if (method === 'DELETE') this.responses.delete(name)
    const text = this.responses.get(name)
    return text === undefined && method === 'GET'
      ? [502, '{"code":"UPSTREAM_UNREACHABLE"}']
      : [200, text ?? '']
  }
}

describe('scripts: the verdict of a chaos run', () => {
  let fakes: Fakes
  let urls: ReadonlyMap<string, string>
  let records: Records
  let verdict: Verdict

  beforeEach(async () => {
    fakes = new Fakes()
    urls = await fakes.start()
    records = new Records(2)
    verdict = new Verdict()
    for (const place of records.places) {
      for (const serial of [1, 2]) await write(place, place.stateOf(serial))
    }
    for (const counter of records.counters) await add(counter, 5, 'first')
  })
  afterEach(() => fakes.stop())

  async function write(place: Place, state: string): Promise<void> {
    const written = place.subject.write(state)
    const { problem } = await send(urls.get('a') ?? '', state === '' ? place.remove() : place.put(state))
    expect(problem).to.equal('')
    written.acknowledge()
    verdict.acknowledged()
  }

  async function add(counter: Counter, by: number, key: string) {
    const written = counter.subject.add(by)
    const request = counter.add(by, counter.isKeyed ? `${counter.name} ${key}` : undefined)
    const answer = await send(urls.get('a') ?? '', request)
    written.acknowledge()
    return { counter, request, total: counter.stateIn(answer) ?? '' }
  }

  async function check(): Promise<Report> {
    await checkAll({ items: records.all, urls, verdict, secondLookMs: 20 })
    return verdict.report({ seed: 7, seconds: 1 })
  }

  function placeNamed(name: string): Place {
    const place = records.places.find((place) => place.name === name)
    if (place === undefined) throw new Error(`there is no ${name}`)
    return place
  }

  it('is good where all is there', async () => {
    for (const place of records.places.filter((_, index) => index % 3 === 0)) await write(place, '')
    expect(await check()).to.deep.include({ problems: [], findings: [] })
  })

  const lies: readonly [string, () => Promise<unknown> | unknown, string, number][] = [
    ['a value is gone', () => fakes.values.delete('value 0 3'), 'lost', 1],
    ['a value is an older one', () => fakes.values.set('value 0 3', 'value 0 3 #1'), 'resurrected', 1],
    [
      'a removed value is back',
      async () => {
        await write(placeNamed('value 0 3'), '')
        fakes.values.set('value 0 3', 'value 0 3 #2')
      },
      'resurrected',
      1,
    ],
    ['a reaction is gone', () => fakes.users.get('stew')?.delete('user 1'), 'lost', 1],
    [
      'a removed reaction is back',
      async () => {
        await write(placeNamed('user 1 at stew'), '')
        fakes.users.get('stew')?.add('user 1')
      },
      'resurrected',
      1,
    ],
    ['an increment is gone', () => fakes.totals.set('plain 0', 4), 'lost', 1],
    ['a counter is gone', () => fakes.totals.delete('keyed 0'), 'lost', 1],
    ['an increment is counted twice', () => fakes.totals.set('plain 1', 10), 'counted twice', 1],
    [
      'a tenant gets what is of another',
      () => fakes.responses.set('3 acme', 'bolt /menu/3 #2'),
      'wrong tenant',
      2,
    ],
    ['a response is an older one', () => fakes.responses.set('3 acme', 'acme /menu/3 #1'), 'resurrected', 1],
  ]
  for (const [what, lie, breach, count] of lies) {
    it(`tells ${count === 1 ? 'once' : 'each time'} when ${what}`, async () => {
      await lie()
      await check()
      const { problems, findings } = await check()
      expect(problems).to.deep.equal([`${breach}: ${count}`])
      expect(findings[0]?.what).to.match(/a says .*, b says /)
    })
  }

  it('tells when an increment that is sent again is added again, or answered otherwise', async () => {
    const counters = records.counters.filter(({ isKeyed }) => isKeyed)
    const [good, added, changed] = await Promise.all(counters.map((counter) => add(counter, 3, 'again')))
    if (!good || !added || !changed) throw new Error('there are too few counters')
    fakes.once.delete(`${added.counter.name} again`)
    fakes.once.set(`${changed.counter.name} again`, '{"value":"9"}')
    await repeatAll([good, added, changed], { urls, verdict, random: new Random(7) })
    const { problems, findings } = await check()
    expect(problems).to.deep.equal(['counted twice: 2'])
    expect(findings.map(({ what }) => what)).to.deep.equal([
      'keyed 1: answered 8, sent again 11',
      'keyed 2: answered 8, sent again 9',
    ])
  })

  it('only counts a response that was forgotten', async () => {
    fakes.responses.clear()
    const { problems, total } = await check()
    expect(problems).to.deep.equal([])
    expect(total.forgotten).to.equal(24)
  })

  it('minds requests that fail where none may, and those that fail for longer than they may', () => {
    for (const [kind, failMaxMs, failedMs] of [
      ['kill', 3000, 2999],
      ['join', 0, 10],
      ['kill+uplink-down', 9000, 9001],
      ['stop', 6000, 100],
    ] as const) {
      verdict.enter(kind, failMaxMs)
      verdict.failed('503 UNREACHABLE')
      verdict.failedFor(failedMs)
    }
    expect(verdict.report({ seed: 7, seconds: 1 }).problems).to.deep.equal([
      '1 requests failed during join',
      'a request failed for 9001 ms during kill+uplink-down, beyond 9000 ms',
    ])
  })

  it('is not good when nothing was acknowledged', () => {
    expect(new Verdict().report({ seed: 7, seconds: 1 }).problems).to.deep.equal([
      'no write was acknowledged',
    ])
  })

  it('is shown as text, as JSON and in Markdown', () => {
    verdict.enter('kill', 10_000)
    verdict.took(2345)
    verdict.failed('TIMEOUT')
    verdict.breach('lost', 'the jam')
    const report = verdict.report({ seed: 7, seconds: 12 })
    expect(asText(report))
      .to.include('FAIL  seed 7, 12 s')
      .and.include('kill: lost: the jam')
      .and.include('kill: TIMEOUT 1')
    expect(JSON.parse(asJson(report))).to.deep.include({ seed: 7, isPassed: false, problems: ['lost: 1'] })
    expect(JSON.parse(asJson(report)).kinds.kill.breaches.lost).to.equal(1)
    expect(asMarkdown(report)).to.include('| kill | 1 | 0 | 1 | 2.3 s | 1 | 0 | 0 |')
  })
})
