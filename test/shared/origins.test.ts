/** Whose pages may call, as browsers tell of it. */
import { expect } from 'chai'
import { Origins, type PageCall } from '../../shared/origins.ts'

const HOST = 'cache.example:4000'
const call = (headers: Record<string, string>, method = 'POST', url = '/api'): PageCall => ({
  method,
  url,
  headers: { host: HOST, ...headers },
})
const may = (origins: Origins, ...args: Parameters<typeof call>) => origins.mayCall(call(...args))

describe('a page', () => {
  const none = new Origins()
  const some = new Origins(['https://Shop.Example/', 'http://localhost:3000'])
  const all = new Origins(['*'])
  const CROSS = { 'sec-fetch-site': 'cross-site' }

  it('that is none, or is from here, may call', () => {
    for (const origins of [none, some, all]) {
      expect(may(origins, {})).to.equal(true)
      for (const site of ['same-origin', 'none', 'same-site'])
        expect(may(origins, { 'sec-fetch-site': site }), site).to.equal(true)
      for (const own of ['http', 'https', 'HTTP'])
        expect(may(origins, { origin: `${own}://${HOST}` }), own).to.equal(true)
      expect(may(origins, { origin: 'https://cache.example', host: 'cache.example' })).to.equal(true)
      expect(may(origins, { origin: 'https://cache.example', host: 'Cache.Example:443' })).to.equal(true)
      expect(may(origins, { origin: 'http://cache.example:80', host: 'cache.example' })).to.equal(true)
    }
  })

  for (const origin of [
    ...[
      'https://evil.example',
      'null',
      '',
      'http://cache.example',
      'http://cache.example:4001',
      'cache.example:4000',
    ],
    ...['http://evil.example:4000', 'http://cache.example:4000.evil.example', 'http://x@cache.example:4000'],
    ...['file://', 'chrome-extension://abc', 'https://shop.example.evil.example', 'http://shop.example'],
    ...['https://shop.example:8443', 'https://shop.example, https://evil.example', 'http://localhost'],
    ...['https://shop.example\\.evil.example', '*', 'https://cache.example:443:4000'],
  ])
    it(`of ${JSON.stringify(origin)} may not, unless every page may`, () => {
      for (const extra of [{}, CROSS, { 'sec-fetch-site': 'same-site' }]) {
        expect(may(none, { origin, ...extra })).to.equal(false)
        expect(may(some, { origin, ...extra })).to.equal(false)
        expect(may(all, { origin, ...extra })).to.equal(true)
      }
    })

  it('whose origin is named may, also from another site', () => {
    for (const origin of ['https://shop.example', 'http://localhost:3000']) {
      expect(may(some, { origin, ...CROSS })).to.equal(true)
      expect(may(none, { origin })).to.equal(false)
    }
  })

  it('of another site may not call without saying who it is, nor as one from here', () => {
    for (const site of ['cross-site', 'Cross-Site', 'cross-site, same-origin'])
      for (const origins of [none, some, all])
        expect(may(origins, { 'sec-fetch-site': site }, 'GET')).to.equal(false)
    expect(may(none, { ...CROSS, origin: `http://${HOST}` })).to.equal(false)
  })

  it('of another site may lead somebody to / and nowhere else', () => {
    const navigation = { ...CROSS, 'sec-fetch-mode': 'navigate' }
    expect(may(none, navigation, 'GET', '/')).to.equal(true)
    expect(may(none, navigation, 'GET', '/?a=1')).to.equal(true)
    for (const [method, url] of [
      ...[['GET', '/api?key=1'] as const, ['GET', '//'] as const, ['GET', '/metrics'] as const],
      ...[['POST', '/'] as const, ['DELETE', '/'] as const],
    ])
      expect(may(none, navigation, method, url), `${method} ${url}`).to.equal(false)
    expect(may(none, { ...CROSS, 'sec-fetch-mode': 'no-cors' }, 'GET', '/')).to.equal(false)
    expect(may(none, { ...navigation, origin: 'https://evil.example' }, 'GET', '/')).to.equal(false)
  })
})

describe('an answer', () => {
  const told = (origins: Origins, asked: PageCall, before: Record<string, string> = {}) => {
    origins.tell(asked, before)
    return before
  }
  const origin = 'https://shop.example'

  it('says nothing of pages where none is named', () => {
    expect(told(new Origins(), call({ origin }))).to.deep.equal({})
  })

  it('lets the page see it that is named, and tells caches that it depends on that', () => {
    const some = new Origins([origin])
    expect(told(some, call({ origin }), { vary: 'accept' })).to.deep.equal({
      vary: 'accept, origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': '*',
    })
    for (const asked of [call({}), call({ origin: 'https://evil.example' })])
      expect(told(some, asked)).to.deep.equal({ vary: 'origin' })
    expect(told(new Origins(['*']), call({ origin }))).to.include({ 'access-control-allow-origin': '*' })
  })

  it('to a browser that asks beforehand says what the page may send', () => {
    const asked = {
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'api-key,if-match',
    }
    const answer = told(new Origins([origin]), call({ origin, ...asked }, 'OPTIONS'))
    expect(answer).to.include({ 'access-control-allow-headers': 'api-key,if-match' })
    expect(answer['access-control-allow-methods']?.split(', ')).to.include.members([
      'GET',
      'PUT',
      'PATCH',
      'DELETE',
    ])
    expect(answer).to.not.have.property('access-control-allow-credentials')
    expect(told(new Origins([origin]), call({ origin: 'null', ...asked }, 'OPTIONS'))).to.deep.equal({
      vary: 'origin',
    })
  })
})
