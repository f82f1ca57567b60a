/** Purging by tag and path: everywhere, exactly what is meant, whatever is under way. */
import { expect } from 'chai'
import { Cluster } from '../../support/cluster.ts'
import { TestUpstream } from '../../support/upstream.ts'
import { call, expectProblem, send } from '../http/call.ts'

const ids = ['a', 'b', 'c']

describe('a purge', () => {
  let upstream: TestUpstream
  let cluster: Cluster

  before(async function () {
    this.timeout(60_000)
    upstream = await TestUpstream.start()
    cluster = await Cluster.start({ ids, node: { ROUTES_FILE: await upstream.contract() } })
  })
  after(async () => {
    upstream.release()
    await cluster[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    upstream.answer = ({ path, tenant, number }) => {
      const [, id = ''] = /object\(([^)]*)\)/.exec(path) ?? []
      const tags = id.startsWith('soup') ? 'soups, meals' : 'salads meals'
      return { headers: { 'surrogate-key': tags }, body: `${tenant} ${number}` }
    }
  })
  afterEach(() => upstream.release())

  let turn = 0
  const url = () => cluster.url(ids[turn++ % ids.length] ?? '')
  const pathOf = (id: string) => `/server/object(${id})/header`
  const get = (id: string, org_id = 'acme') => call(`GET ${url()}${pathOf(id)}`, { headers: { org_id } })
  const purge = (what: object) => send(`POST ${url()}/api/v1/purge`, what)
  const PLACES = Array.from({ length: 10 }, (_, index) => [`soup-${index}`, `salad-${index}`]).flat()

  /** Which of them are not as they were. */
  async function changedBy(what: object): Promise<string[]> {
    const before = await Promise.all(PLACES.map(async (id) => (await get(id)).text))
    const { status, text } = await purge(what)
    expect(status, text).to.equal(202)
    const after = await Promise.all(PLACES.map(async (id) => (await get(id)).text))
    return PLACES.filter((_, index) => before[index] !== after[index])
  }

  it('by tag forgets what upstream has tagged so, at whatever members, and nothing else', async () => {
    const soups = PLACES.filter((id) => id.startsWith('soup'))
    expect(await changedBy({ tag: 'soups' })).to.deep.equal(soups)
    expect(await changedBy({ tag: 'soups', org_id: 'acme' })).to.deep.equal(soups)
    expect(await changedBy({ tag: 'meals' })).to.deep.equal(PLACES)
    for (const what of [{ tag: 'soup' }, { tag: 'soups', org_id: 'zeta' }, { tag: 'Soups' }])
      expect(await changedBy(what)).to.deep.equal([])
  })

  it('by path forgets what is under it, for all or for one tenant', async () => {
    const [first = ''] = PLACES
    expect(await changedBy({ path: pathOf(first) })).to.deep.equal([first])
    expect(await changedBy({ path: pathOf(first), org_id: 'acme' })).to.deep.equal([first])
    expect(await changedBy({ path: pathOf(first), org_id: 'zeta' })).to.deep.equal([])
  })

  it('leaves nothing of a fetch that is under way, and lets be stored what it does not mean', async () => {
    upstream.hold()
    const [soup, salad] = [get('soup-flying'), get('salad-flying')]
    await upstream.holds(2)
    expect((await purge({ tag: 'soups' })).status).to.equal(202)
    upstream.release()
    const [oldSoup, oldSalad] = [(await soup).text, (await salad).text]
    expect((await get('soup-flying')).text).not.to.equal(oldSoup)
    expect((await get('salad-flying')).text).to.equal(oldSalad)
  })

  it('that is soft leaves what may be given stale, and has it fetched anew', async () => {
    for (const what of [{ tag: 'soups' }, { path: pathOf('soup-soft') }]) {
      const old = (await get('soup-soft')).text
      expect((await purge({ ...what, soft: true })).status).to.equal(202)
      upstream.hold()
      const stale = await get('soup-soft')
      expect(stale.text).to.equal(old)
      expect(stale.headers.get('cache-status')).to.match(/^Larder; hit; ttl=(?:0|-1)$/)
      await upstream.holds(1)
      upstream.release()
      let now = stale
      while (now.text === old) now = await get('soup-soft')
      expect(now.headers.get('cache-status')).to.match(/^Larder; hit; ttl=(?:300|299)$/)
    }
  })

  it('has to say what is meant', async () => {
    for (const what of [
      {},
      { tag: 'a', path: '/server/object(1)/header' },
      { tag: 'a b' },
      { tag: '' },
      { path: '/nowhere' },
      { path: '/server/object(..)/header' },
      { tag: 'a', org_id: '' },
      { tag: 'a', soft: 'yes' },
    ])
      expectProblem(await purge(what), 400, 'BAD_REQUEST')
  })
})
