/** What unstorage asks of a driver: its types, and the behaviour that its storages rely on. */
import { createStorage, type Driver, prefixStorage, restoreSnapshot, snapshot } from 'unstorage'
import { afterAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import larderDriver from '../adapters/unstorage.ts'
import { Larder } from '../larder.ts'

const urls = inject('urls')

describe.each([
  ['with a base', { base: 'unstorage:' }],
  ['with all keys', {}],
])('unstorage, %s', (_, options) => {
  const driver = larderDriver({ urls, ...options })
  const storage = createStorage({ driver: driver satisfies Driver })
  afterAll(() => storage.dispose())
  beforeEach(() => storage.clear())

  it('has items, and none', async () => {
    expect(await storage.hasItem('s1:a')).toBe(false)
    expect(await storage.getItem('s1:a')).toBeNull()
    await storage.setItem('s1:a', 'test_data')
    await storage.setItem('s2:a', 'test_data')
    expect(await storage.hasItem('s1:a')).toBe(true)
    expect(await storage.getItem('s1:a')).toBe('test_data')
    await storage.removeItem('s1:a')
    expect(await storage.hasItem('s1:a')).toBe(false)
    expect(await storage.getItem('s2:a')).toBe('test_data')
    await storage.removeItem('s1:a')
  })

  it('lists keys, of all and of a base', async () => {
    for (const key of ['s1:a', 's2:a', 's3:a', 's3:b:c', 's33:a']) await storage.setItem(key, 'x')
    const sorted = async (base?: string) => (await storage.getKeys(base)).sort()
    expect(await sorted()).toEqual(['s1:a', 's2:a', 's33:a', 's3:a', 's3:b:c'])
    expect(await sorted('s3')).toEqual(['s3:a', 's3:b:c'])
    expect((await storage.getKeys('s3', { maxDepth: 1 })).sort()).toEqual(['s3:a'])
    await driver.clear('s3:')
    expect(await sorted()).toEqual(['s1:a', 's2:a', 's33:a'])
  })

  it.each([
    [{ json: 'works' }],
    [['a', 1, null]],
    [42],
    [0],
    [true],
    [false],
    [''],
    ['1.0'],
    ['{"a": 1}'],
    ['null'],
    ['ü 🍲'],
  ])('keeps %j', async (value) => {
    await storage.setItem('value', value)
    // As unstorage has it for every driver: text that is JSON comes back as what it says.
    const read =
      typeof value === 'string' && /^(?:1\.0|\{"a": 1\}|null)$/.test(value) ? JSON.parse(value) : value
    expect(await storage.getItem('value')).toEqual(read)
    expect(await driver.getItem('value')).toBe(typeof value === 'string' ? value : JSON.stringify(value))
  })

  it('refuses what is no data, as unstorage does', async () => {
    await expect(storage.setItem('function', (() => {}) as never)).rejects.toThrow()
  })

  it('keeps bytes', async () => {
    for (const bytes of [
      new Uint8Array([1, 2, 3]),
      new Uint8Array([0x31]),
      Uint8Array.from({ length: 100_000 }, (_, at) => at),
    ]) {
      await storage.setItemRaw('raw', bytes)
      const found = new Uint8Array((await storage.getItemRaw('raw')) as Uint8Array<ArrayBuffer>)
      expect(found).toEqual(bytes)
    }
    await storage.setItemRaw('text', '1.0')
    expect(await storage.getItemRaw('text')).toBe('1.0')
    expect(await storage.getItemRaw('nothing')).toBeNull()
  })

  it('has many at once', async () => {
    await storage.setItems([
      { key: 'a', value: 'one' },
      { key: 'b', value: 'two' },
    ])
    expect(await storage.getItems(['a', { key: 'b' }, 'c'])).toEqual([
      { key: 'a', value: 'one' },
      { key: 'b', value: 'two' },
      { key: 'c', value: null },
    ])
  })

  it('lets items end, each in its own time', async () => {
    await storage.setItem('soon', 'x', { ttl: 0.05 })
    await storage.setItem('later', 'x', { ttl: 100 })
    expect((await storage.getMeta('later'))['ttl']).toBeCloseTo(100, -1)
    await vi.waitUntil(async () => !(await storage.hasItem('soon')))
    expect(await storage.hasItem('later')).toBe(true)
  })

  it('is mounted, prefixed, and snapshot', async () => {
    const all = createStorage()
    all.mount('larder', driver)
    await all.setItem('larder:a', 'x')
    await all.setItem('here', 'y')
    expect((await all.getKeys()).sort()).toEqual(['here', 'larder:a'])
    expect(await storage.getItem('a')).toBe('x')
    await prefixStorage(storage, 'within').setItem('b', 'z')
    expect(await storage.getItem('within:b')).toBe('z')
    const taken = await snapshot(storage, '')
    await storage.clear()
    await restoreSnapshot(storage, taken, '')
    expect((await storage.getKeys()).sort()).toEqual(['a', 'within:b'])
  })
})

describe('unstorage', () => {
  it('clears what is its own, and nothing else', async () => {
    const larder = new Larder({ urls })
    const [one, other] = ['one', 'other'].map((base) =>
      createStorage({ driver: larderDriver({ urls, base, ttl: 50 }) }),
    )
    await larder.set('onerous', 'stays')
    await Promise.all([one?.setItem('a', 'x'), other?.setItem('a', 'y')])
    expect((await larder.entry('one:a'))?.ttl).toBeCloseTo(50, -1)
    await one?.clear()
    expect([await one?.getItem('a'), await other?.getItem('a'), await larder.get('onerous')]).toEqual([
      null,
      'y',
      'stays',
    ])
    await Promise.all([one?.dispose(), other?.dispose()])
    larder.close()
  })
})
