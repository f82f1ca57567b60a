/** What the client makes of addresses, keys, values and times that are none. */
import { expect } from 'chai'
import { Larder } from '../../client/larder.ts'
import { FakeNode } from './fake-node.ts'

/** Nobody listens there. */
const REFUSES = 'http://127.0.0.1:1'

describe('client: what it is given', () => {
  it('addresses that are none are refused at once', () => {
    for (const urls of [[], ['localhost'], ['ftp://a'], JSON.parse('"http://a"')])
      expect(() => new Larder({ urls }), String(urls)).throw(TypeError)
    expect(() => new Larder({ urls: ['localhost:4000'] })).throw(
      'localhost:4000 does not begin with http: or https:',
    )
  })

  it('a time without end is one that no timer is too short for, and what is no time is refused', async () => {
    await using node = await FakeNode.start('a')
    using larder = new Larder({ urls: [node.url], direct: false, timeoutMs: Infinity })
    for (const timeoutMs of [undefined, Infinity, 2 ** 31, 1e10])
      expect(await larder.get('k', { timeoutMs })).equal('of k')
    expect(node.batches).length(4)
    for (const timeoutMs of [Number.NaN, JSON.parse('"5"')]) {
      expect(await larder.get('k', { timeoutMs }).catch((error) => error)).instanceOf(TypeError)
      expect(() => new Larder({ urls: [node.url], timeoutMs })).throw(TypeError)
    }
  })

  it('keys and values that are none are refused before anything is sent', async () => {
    using larder = new Larder({ urls: [REFUSES] })
    for (const key of [
      '',
      'null',
      'nil',
      1.5,
      Number.NaN,
      2 ** 53,
      '\ud800',
      ...JSON.parse('[null, {}, true]'),
      [].at(0) as never,
    ])
      expect(await larder.get(key).catch((error) => error), String(key)).instanceOf(TypeError)

    for (const value of [undefined, Symbol('x'), () => 1, 1n])
      expect(await larder.set('k', value).catch((error) => error), String(value)).instanceOf(TypeError)
    expect(
      await larder
        .counter('c')
        .add(1.5)
        .catch((error) => error),
    ).instanceOf(TypeError)
  })
})
