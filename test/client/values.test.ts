/** What the client does with values, at real nodes. */
import { expect } from 'chai'
import fc from 'fast-check'
import { until } from '../support/until.ts'
import { all, failure, through } from './through.ts'

const TAG = /^"[^"]+"$/

through('values', (client) => {
  it('are what they were, whatever JSON has', async () => {
    const larder = client()
    const values = [
      0,
      -1.5,
      '',
      'salt',
      'null',
      '"',
      '\u2028 ü 🍲',
      true,
      false,
      null,
      [],
      [1, [2]],
      {},
      { a: { b: null } },
    ]
    await Promise.all(values.map((value, index) => larder.set(`json ${index}`, value)))
    const found = await Promise.all(values.map((_, index) => larder.get(`json ${index}`)))
    expect(found).deep.equal(values)
    expect(await larder.get('json never')).equal(undefined)
    expect(await larder.entry('json never')).equal(undefined)
  })

  it('are text and bytes as well, as they are, also where they happen to be JSON', async () => {
    const larder = client()
    const texts = ['', 'salt, pepper', '1.0', '{"a": 1}', ' null ', '\ufeffmark', 'x'.repeat(100_000)]
    for (const [index, text] of texts.entries()) {
      await larder.set(`text ${index}`, text, { contentType: 'text/plain' })
      const entry = await larder.entry(`text ${index}`)
      expect(entry?.value).equal(text)
      expect(entry?.contentType).equal('text/plain')
    }
    const bytes = [[], [0, 255], [0x31], [...'[1, 2]'].map((one) => one.charCodeAt(0))].map(
      (list) => new Uint8Array(list),
    )
    const large = Uint8Array.from({ length: 200_000 }, (_, index) => index)
    for (const [index, value] of [...bytes, large].entries()) {
      await larder.set(`bytes ${index}`, value)
      expect(await larder.get(`bytes ${index}`), String(index)).deep.equal(value)
    }
    await larder.set('pixel', new Uint8Array([7]).buffer, { contentType: 'image/png' })
    expect(await larder.entry('pixel')).deep.include({ value: new Uint8Array([7]), contentType: 'image/png' })
    await larder.set('linked', { '@id': 1 }, { contentType: 'application/ld+json' })
    expect(await larder.entry('linked')).deep.include({
      value: { '@id': 1 },
      contentType: 'application/ld+json',
    })
  })

  it('written by others as they send things unasked are what their JSON says', async () => {
    const larder = client()
    await larder.set('form', '{"salt": 1}', { contentType: 'application/x-www-form-urlencoded' })
    expect(await larder.get('form')).deep.equal({ salt: 1 })
  })

  it('whatever key and JSON there are', async () => {
    const larder = client()
    const keys = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 30 })
      .filter((key) => !/^(null|nil)$/.test(key))
    const there = fc.asyncProperty(keys, fc.jsonValue({ noUnicodeString: false }), async (key, value) => {
      await larder.set(key, value)
      expect(JSON.stringify(await larder.get(key))).equal(JSON.stringify(value))
      expect(await larder.has(key)).equal(true)
      expect(await larder.delete(key)).equal(true)
      expect(await larder.has(key)).equal(false)
    })
    await fc.assert(there, { numRuns: 60 })
  })

  it('of integers as keys are those of their text', async () => {
    const larder = client()
    await larder.set(42, 'number')
    expect([await larder.get('42'), await larder.get(42n)]).deep.equal(['number', 'number'])
    await larder.set(-(2n ** 70n), 'low')
    expect(await larder.get(`${-(2n ** 70n)}`)).equal('low')
  })

  it('end by themselves, live on, and for ever', async () => {
    const larder = client()
    await larder.set('soon', 1, { ttl: 0.02 })
    await until(
      () => larder.get('soon'),
      (value) => value === undefined,
    )
    await larder.set('later', 1, { ttl: 100 })
    const ttl = async () => (await larder.entry('later'))?.ttl ?? Number.NaN
    expect(await ttl()).within(90, 100)
    await larder.set('later', 2, { keepTtl: true })
    expect(await ttl()).within(90, 100)
    expect(await larder.touch('later', 1000)).equal(true)
    expect(await ttl()).within(990, 1000)
    expect(await larder.touch('later', null)).equal(true)
    expect(await ttl()).deep.equal(Number.NaN)
    expect(await larder.touch('never', 1)).equal(false)
    const bytes = new Uint8Array(100_000)
    await larder.set('large', bytes, { ttl: 100 })
    await larder.set('large', bytes, { keepTtl: true })
    expect((await larder.entry('large'))?.ttl).within(90, 100)
  })

  it('are stored, deleted, taken and touched on conditions', async () => {
    const larder = client()
    const first = await larder.set('lock', 'mine', { ifAbsent: true })
    expect(first?.etag).match(TAG)
    expect(await larder.set('lock', 'yours', { ifAbsent: true })).equal(undefined)
    expect(await larder.set('lock', 'yours', { ifMatch: '"other"' })).equal(undefined)
    const second = await larder.set('lock', 'still mine', { ifMatch: first?.etag ?? '' })
    expect((await larder.entry('lock'))?.etag).equal(second?.etag)
    const old = { ifMatch: first?.etag ?? '' }
    expect(await larder.touch('lock', 5, old)).equal(false)
    expect(await larder.take('lock', old)).equal(undefined)
    expect(await larder.delete('lock', old)).equal(false)
    expect(await larder.get('lock')).equal('still mine')
    expect(await larder.touch('lock', 5, { ifMatch: second?.etag ?? '' })).equal(true)
    expect(await larder.delete('lock', { ifMatch: second?.etag ?? '' })).equal(true)
    const large = new Uint8Array(100_000)
    expect((await larder.set('large lock', large, { ifAbsent: true }))?.etag).match(TAG)
    expect(await larder.set('large lock', large, { ifAbsent: true })).equal(undefined)
    expect(await larder.set('large lock', large, { ifMatch: '"other"' })).equal(undefined)
  })

  it('are taken by one of those who want them', async () => {
    const larder = client()
    await larder.set('code', { secret: 1 })
    const taken = await Promise.all(Array.from({ length: 20 }, () => larder.take('code')))
    expect(taken.filter((one) => one !== undefined)).deep.equal([{ secret: 1 }])
    await larder.set('code', '1.0', { contentType: 'text/plain' })
    expect(await larder.take('code')).equal('1.0')
    expect(await larder.delete('code')).equal(false)
  })

  it('are listed and deleted by their prefix', async () => {
    const larder = client()
    const keys = Array.from({ length: 1500 }, (_, index) => `shelf/${index}`)
    await Promise.all(keys.map((key) => larder.set(key, key, { ttl: 500 })))
    await larder.counter('shelf/count').add()
    const listed = await all(larder.list({ prefix: 'shelf/' }))
    expect(listed.map(({ key }) => key).sort()).deep.equal([...keys, 'shelf/count'].sort())
    const one = listed.find(({ key }) => key === 'shelf/7')
    expect(one).include({ contentType: 'application/json', bytes: 9 })
    expect(one?.ttl).within(400, 500)
    for await (const { key } of larder.list()) if (key.startsWith('shelf/')) break
    expect(await larder.clear('shelf/')).equal(1501)
    expect(await all(larder.list({ prefix: 'shelf/' }))).deep.equal([])
    expect(await all(larder.list({ prefix: 'schön & gut?' }))).deep.equal([])
  })

  it('too large for their node are an error with a code', async () => {
    const larder = client()
    expect(await failure(larder.set('huge', new Uint8Array(9 * 2 ** 20)))).include({
      code: 'TOO_LARGE',
      status: 413,
      retryable: false,
    })
    expect(await failure(larder.set('k', 1, { ttl: -1 }))).include({ code: 'BAD_REQUEST', status: 400 })
    expect(await failure(larder.set('k'.repeat(5000), 1))).include({ status: 400 })
    expect(await failure(larder.set('..', new Uint8Array(100_000)))).instanceOf(TypeError)
  })
})
