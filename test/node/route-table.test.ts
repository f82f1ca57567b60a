/** ROUTES_FILE: what it may say, what is said of what it may not, and that a key leads back to its route. */
import { expect } from 'chai'
import fc from 'fast-check'
import { parseRoutes } from '../../node/route-file.ts'
import { type CachedRoute, fill, namesOf, RouteTable } from '../../node/route-table.ts'

const route = { type: 'object', path: '/o/{id}', upstream: 'http://a/x/{id}', ttl: 300 }

function parse(...routes: readonly object[]): ReturnType<typeof parseRoutes> {
  return parseRoutes(JSON.stringify({ routes }, null, 2))
}
function routesOf(...routes: readonly object[]): CachedRoute[] {
  const parsed = parse(...routes)
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return parsed.routes
}
function problemsOf(...routes: readonly object[]): string[] {
  const parsed = parse(...routes)
  return 'problems' in parsed ? parsed.problems : []
}
const withPaths = (...paths: readonly string[]) =>
  routesOf(...paths.map((path) => ({ ...route, path, upstream: 'http://a/x' })))

/** As a request does it: a path in, the key out, which the owner looks up. */
function roundTrip(table: RouteTable, template: string, values: Readonly<Record<string, string>>) {
  const found = table.match(fill(template, values))
  if (found === undefined) return undefined
  const named = namesOf(template).map((name, index) => [
    name,
    decodeURIComponent(found.captures[index] ?? ''),
  ])
  return { path: found.route.path, parameters: Object.fromEntries(named) }
}

describe('a routes file', () => {
  it('is read, with defaults for what it leaves out', () => {
    expect(routesOf(route)).to.deep.equal([
      {
        type: 'object',
        path: '/o/{id}',
        upstream: 'http://a/x/{id}',
        ttlMs: 300_000,
        staleWhileRevalidateMs: 0,
        staleIfErrorMs: 0,
        timeoutMs: 5000,
        freshness: 'route',
        hasTenants: true,
        unsafe: 'store',
        headers: [],
        events: undefined,
      },
    ])
    const events = { topic: 't', id: 'objectid', types: ['object.update'] }
    const [full] = routesOf({
      ...route,
      stale_while_revalidate: 30,
      stale_if_error: 600,
      timeout_ms: 1,
      events,
    })
    expect(full).to.deep.include({
      staleWhileRevalidateMs: 30_000,
      staleIfErrorMs: 600_000,
      timeoutMs: 1,
      events: { ...events, action: 'invalidate' },
    })
  })

  const wrong: readonly [what: string, route: object, line: number][] = [
    ['a type that is empty', { ...route, type: '' }, 4],
    ['a path without its slash', { ...route, path: 'o/{id}' }, 5],
    ['a path with a query', { ...route, path: '/o/{id}?x=1' }, 5],
    ['a path with half a parameter', { ...route, path: '/o/{id' }, 5],
    ['a path of Larder itself', { ...route, path: '/api/v1/kv/{id}' }, 5],
    ['the root', { ...route, path: '/', upstream: 'http://a/x' }, 5],
    ['a parameter twice', { ...route, path: '/o/{id}/{id}' }, 5],
    ['an upstream that is no URL', { ...route, upstream: 'here' }, 6],
    ['an upstream of another scheme', { ...route, upstream: 'file:///etc/passwd' }, 6],
    ['an upstream with credentials', { ...route, upstream: 'http://user:word@a/x/{id}' }, 6],
    ['an upstream on a port that cannot be', { ...route, upstream: 'http://a:70000/x/{id}' }, 6],
    ['an upstream whose host is a parameter', { ...route, upstream: 'http://{id}/x' }, 6],
    ['a parameter that the path has not', { ...route, upstream: 'http://a/x/{other}' }, 6],
    ['a time to live of nothing', { ...route, ttl: 0 }, 7],
    ['a time to live in words', { ...route, ttl: '300' }, 7],
    ['a negative time', { ...route, stale_if_error: -1 }, 8],
    ['a timeout without end', { ...route, timeout_ms: 3_600_000 }, 8],
    [
      'events of an unknown action',
      { ...route, events: { topic: 't', id: 'i', action: 'x', types: ['y'] } },
      11,
    ],
    ['events of no type', { ...route, events: { topic: 't', id: 'i', types: [] } }, 11],
    [
      'events where there are two parameters',
      {
        type: 'object',
        path: '/o/{id}/{x}',
        upstream: 'http://a/x/{id}',
        ttl: 1,
        events: { topic: 't', id: 'i', types: ['y'] },
      },
      8,
    ],
  ]
  for (const [what, row, line] of wrong) {
    it(`is refused for ${what}, with its line`, () => {
      const problems = problemsOf(row)
      expect(problems, problems.join('; ')).to.have.length(1)
      expect(problems[0]).to.match(new RegExp(`^line ${line}: routes\\.0\\.`))
    })
  }

  it('is refused with all that is wrong, each with its line', () => {
    const problems = problemsOf({ ...route, ttl: 'x' }, { ...route, path: 'x', ttl: 'y' }, { type: 'z' })
    expect(problems.map((problem) => problem.split(':')[0])).to.deep.equal([
      'line 7',
      'line 11',
      'line 13',
      'line 15',
      'line 15',
      'line 15',
    ])
  })

  it('is refused for two routes that match the same requests', () => {
    expect(problemsOf(route, { ...route, path: '/o/{other}', upstream: 'http://a/x' })).to.deep.equal([
      'line 11: routes.1.path: another route has it already',
    ])
  })

  it('names the line of a field that it does not know', () => {
    const text = JSON.stringify({ routes: [{ ...route, stale_if_eror: 5 }] }, null, 2)
    const line = text.split('\n').findIndex((part) => part.includes('stale_if_eror')) + 1
    const parsed = parseRoutes(text)
    expect('problems' in parsed && parsed.problems[0]).to.match(new RegExp(`^line ${line}: .*stale_if_eror`))
  })

  for (const [text, line] of [
    ['', 1],
    ['{', 1],
    ['{\n"routes": [\n{},\n]}', 4],
    ['{"routes":\n// no comments\n[]}', 2],
    ['{}', 1],
    ['{\n"routes":\n[]}', 3],
    ['[]\n[]', 2],
    ['null', 1],
    ['\n\n{"routes":[]} x', 3],
  ] as const) {
    it(`says on which line this is wrong: ${JSON.stringify(text)}`, () => {
      const parsed = parseRoutes(text)
      expect('problems' in parsed && parsed.problems[0]).to.match(new RegExp(`^line ${line}: `))
    })
  }

  it('is understood or refused with lines, whatever is changed in it', () => {
    const whole = JSON.stringify(
      { routes: [{ ...route, events: { topic: 't', id: 'i', types: ['u'] } }] },
      null,
      1,
    )
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(4), fc.string({ maxLength: 3 }), (at, cut, put) => {
        const parsed = parseRoutes(whole.slice(0, at) + put + whole.slice(at + cut))
        if ('problems' in parsed)
          for (const problem of parsed.problems) expect(problem).to.match(/^line \d+: /)
        else expect(parsed.routes).to.have.length(1)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a key', () => {
  it('leads back to its route and the values in it, whatever they are', () => {
    const table = new RouteTable(
      withPaths('/server/object({id})/header', '/server/templates/{id}', '/a/{x}/{y}'),
    )
    const value = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(fc.constantFrom(...table.routes.map(({ path }) => path)), value, value, (path, a, b) => {
        const parameters = Object.fromEntries(namesOf(path).map((name, index) => [name, index === 0 ? a : b]))
        expect(roundTrip(table, path, parameters)).to.deep.equal({ path, parameters })
      }),
      { numRuns: 500 },
    )
  })

  it('is different for different values where two parameters share a segment, or that is refused', () => {
    const path = '/page/{lang}-{name}'
    if (problemsOf({ ...route, path, upstream: 'http://a/x' }).length > 0) return
    const values = { lang: 'en-GB', name: 'home' } // As of the request /page/en%2DGB-home
    expect(roundTrip(new RouteTable(withPaths(path)), path, values)?.parameters).to.deep.equal(values)
  })

  it('belongs to no route when its path is another', () => {
    const table = new RouteTable(withPaths('/server/object({id})/header'))
    for (const key of [
      '/server/object()/header',
      '/server/object(1)/header/',
      '/server/object(1)/headers',
      '/server/object(1/2)/header',
      '/xserver/object(1)/header',
      '/server/objectX1Y/header',
      '/SERVER/object(1)/header',
      '',
    ])
      expect(table.match(key), key).to.equal(undefined)
  })
})
