/** Messages, as the keys of the responses that they concern. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type CachedRoute, fill, RouteTable } from '../../../node/route-table.ts'
import { invalidationsOf } from '../../../node/sources/event.ts'

const events = {
  topic: 'objects',
  id: 'objectid',
  action: 'invalidate',
  types: ['update', 'delete'],
} as const
const base = {
  type: 'object',
  upstream: 'http://a/',
  ttlMs: 1,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  timeoutMs: 1,
  freshness: 'route',
  hasTenants: true,
  unsafe: 'store',
  headers: [],
} as const
const routes: readonly CachedRoute[] = [
  { ...base, path: '/object({id})/header', events },
  { ...base, path: '/object({id})/body', events: { ...events, action: 'refresh', types: ['update'] } },
  { ...base, path: '/page/{id}', events: { ...events, topic: 'pages', id: 'page', types: ['update'] } },
  { ...base, path: '/none/{id}', events: undefined },
]

describe('an event', () => {
  it('concerns every route that has its type, by the field that each names', () => {
    expect(invalidationsOf(routes, { type: 'delete', objectid: '42' })).to.deep.equal([
      { key: '/object(42)/header', isRefresh: false },
    ])
    expect(invalidationsOf(routes, { type: 'update', objectid: '42', page: 7, more: null })).to.deep.equal([
      { key: '/object(42)/header', isRefresh: false },
      { key: '/object(42)/body', isRefresh: true },
      { key: '/page/7', isRefresh: false },
    ])
  })

  it('concerns only the routes of its topic, where it has one', () => {
    expect(invalidationsOf(routes, { type: 'update', page: '7' }, 'pages')).to.deep.equal([
      { key: '/page/7', isRefresh: false },
    ])
    expect(invalidationsOf(routes, { type: 'update', page: '7' }, 'else')).to.deep.equal([])
  })

  it('means the same with its id as text and as an integer', () => {
    const of = (objectid: unknown) => invalidationsOf(routes, { type: 'delete', objectid })
    expect(of(42)).to.deep.equal(of('42'))
    expect(of(-1)).to.deep.equal(of('-1'))
    expect(of(0)).to.deep.equal(of('0'))
  })

  it('is ignored when no route knows its type, whatever else is in it', () => {
    for (const message of [{ type: 'unknown' }, { type: 'unknown', objectid: {} }, { type: 'UPDATE' }])
      expect(invalidationsOf(routes, message)).to.deep.equal([])
  })

  for (const message of [
    undefined,
    null,
    'update',
    7,
    [],
    {},
    { type: '' },
    { type: 1 },
    { objectid: '42' },
  ]) {
    it(`cannot be understood without a type: ${JSON.stringify(message)}`, () => {
      expect(() => invalidationsOf(routes, message)).to.throw()
    })
  }

  for (const objectid of [undefined, null, '', 1.5, 1e21, true, ['42'], { id: '42' }]) {
    it(`cannot be understood with this for its id: ${JSON.stringify(objectid)}`, () => {
      expect(() => invalidationsOf(routes, { type: 'delete', objectid })).to.throw(TypeError, 'objectid')
    })
  }

  it('says that it is the id which cannot be understood, also when that is half a character', () => {
    expect(() => invalidationsOf(routes, { type: 'delete', objectid: '\ud800' })).to.throw(
      TypeError,
      'objectid',
    )
  })

  it('leads to the key that a request for the same id has', () => {
    const table = new RouteTable(routes)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        const [invalidation] = invalidationsOf(routes, { type: 'delete', objectid: id })
        expect(invalidation?.key).to.equal(fill('/object({id})/header', { id }))
        expect(table.match(invalidation?.key ?? '')?.captures.map(decodeURIComponent)).to.deep.equal([id])
      }),
    )
  })
})
