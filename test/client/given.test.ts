/** What the client makes of addresses, keys, values and times that are none. */
import { expect } from 'chai'
import { stored } from '../../client/entry.ts'
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

  it('options that are none are refused by what is expected in their place', () => {
    const urls = [REFUSES]
    for (const [said, ...given] of [
      ["new Larder: options, such as { urls: ['http://127.0.0.1:4000'] }, not undefined"],
      ['new Larder: options', 5],
      ['new Larder: options', null],
      ['urls: a list of addresses', {}],
      ['urls: a list of addresses of nodes', { urls: [] }],
      ['urls: http://[ is no address', { urls: ['http://['] }],
      ['no option is named url; there are urls, apiKey,', { urls, url: REFUSES }],
      ['apiKey: a key of the cluster, as text, not number', { urls, apiKey: 5 }],
      ['apiKey: no header can carry', { urls, apiKey: 'a\nb' }],
      ['direct: true or false, not off', { urls, direct: 'off' }],
      ['waitingMax: a number of calls, not 0', { urls, waitingMax: 0 }],
    ] as const)
      expect(() => Reflect.construct(Larder, given), said).throw(TypeError, said)
  })

  it('bytes are those that it holds, whatever is laid over them', async () => {
    const floats = new Float32Array([0, 1, -1, 2])
    const bytes = new Uint8Array(floats.buffer, 4, 8)
    for (const value of [
      floats.subarray(1, 3),
      new DataView(floats.buffer, 4, 8),
      Buffer.from(floats.buffer, 4, 8),
      floats.buffer.slice(4, 12),
    ])
      expect(stored(value)).deep.equal({ type: 'bytes', bytes, contentType: 'application/octet-stream' })
    const shared = new Uint8Array(new SharedArrayBuffer(2))
    expect(stored(shared)).deep.include({ bytes: new Uint8Array(2) })
    expect(stored(shared, 'text/plain')).nested.property('bytes.buffer').instanceOf(ArrayBuffer)
  })

  it('what JSON would be something else for is refused, with its place', async () => {
    class Hidden {
      readonly #inside = 1
      inside = () => this.#inside
    }
    using larder = new Larder({ urls: [REFUSES] })
    for (const [said, value] of [
      ['NaN', Number.NaN],
      ['Infinity, in 1, in rates', { rates: [1, Number.POSITIVE_INFINITY] }],
      ['undefined, in 0', [undefined]],
      ['a function, in inside', new Hidden()],
      ['a symbol, in of', { of: Symbol('x') }],
      ['what is in a Map, in a', { a: new Map([[1, 2]]) }],
      ['what is in a Set', new Set([1])],
      ['what is in a Blob', new Blob(['bytes'])],
      ['what is in a SharedArrayBuffer', new SharedArrayBuffer(1)],
      ['what is in a Float32Array, in a', { a: new Float32Array(2) }],
      ['what is in a TypeError', Object.assign(new TypeError('no'), { code: 'X' })],
      ['a Date that is none', new Date('never')],
    ] as const) {
      const error = await larder.set('k', value).catch((error) => error)
      expect([error.name, error.message]).deep.equal(['TypeError', `JSON does not have ${said}`])
    }
  })

  it('what JSON is made of is stored as it is', () => {
    class Soup {
      name = 'leek'
      salted() {}
    }
    const old: object = Object.setPrototypeOf({ own: 1 }, { inherited() {} })
    const value = { soup: new Soup(), old, at: new Date(0), no: undefined, none: null, empty: [{}] }
    const text =
      '{"soup":{"name":"leek"},"old":{"own":1},"at":"1970-01-01T00:00:00.000Z","none":null,"empty":[{}]}'
    expect(stored(value)).deep.equal({ type: 'json', text })
    let deep: unknown = Number.NaN
    for (let depth = 0; depth < 1000; depth++) deep = [deep]
    expect(stored(deep).type).equal('json')
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
