/** A key has a value or a counter: whichever was written last. */
import { expect } from 'chai'
import fc from 'fast-check'
import { GRACE_MS, Half } from './half.ts'

describe('an increment', () => {
  it('goes on from a value that is an integer, and makes it a counter', () => {
    for (const [body, contentType] of [
      ['41', 'application/json'],
      [' 41\n', 'application/json'],
      ['41', 'text/plain'],
      ['41', 'application/octet-stream'],
    ] as const) {
      const half = new Half('a')
      half.set(body, { contentType })
      expect([half.total, half.add(), half.read]).to.deep.equal(['41', { type: 'total', value: '42' }, '42'])
      expect(half.entry?.kind).to.equal('counter')
    }
  })

  it('is refused by any other value, which stays as it was', () => {
    for (const body of [
      '"4"',
      '4.0',
      '4e0',
      '',
      'x',
      '04',
      '+4',
      '-0',
      '9223372036854775808',
      '[4]',
      'null',
    ]) {
      const half = new Half('a')
      half.set(body)
      expect([half.add(), half.do({ type: 'counter.get', key: 'k' }), half.read], body).to.deep.equal([
        ...['WRONG_TYPE', 'WRONG_TYPE'],
        body,
      ])
    }
    const text = new Half('a')
    text.set(' 4', { contentType: 'text/plain' })
    expect(text.add()).to.equal('WRONG_TYPE')
  })

  it('ends when the value would have ended that it goes on from', () => {
    const half = new Half('a')
    half.set('4', { ttlMs: 500 })
    expect(half.add(1, { ttlMs: 9000 })).to.deep.equal({ type: 'total', value: '5', ttlMs: 500 })
    half.nowMs += 500
    expect([half.read, half.add()]).to.deep.equal([undefined, { type: 'total', value: '1' }])
  })
})

describe('a counter', () => {
  it('is read as a value, with another tag after every write', () => {
    const half = new Half('a')
    const tags = [0, 1, 2].map((by) => {
      half.add(by)
      const outcome = half.do({ type: 'value.get', key: 'k' })
      return typeof outcome === 'object' && outcome.type === 'value' ? outcome.stamp : undefined
    })
    expect(half.do({ type: 'value.get', key: 'k' })).to.include({
      contentType: 'application/json',
      body: '3',
    })
    expect(new Set(tags.map((stamp) => JSON.stringify(stamp))).size).to.equal(3)
  })

  it('is put an end to by storing a value, and deleted like one', () => {
    const half = new Half('a')
    half.add(5)
    expect(half.set('"jam"')).to.include({ type: 'stored', created: false })
    expect([half.read, half.add()]).to.deep.equal(['"jam"', 'WRONG_TYPE'])
    half.set('7')
    half.add()
    expect(half.do({ type: 'value.delete', key: 'k' })).to.deep.equal({ type: 'deleted' })
    expect([half.read, half.total, half.add()]).to.deep.equal([
      ...[undefined, undefined],
      { type: 'total', value: '1' },
    ])
    half.set('"jam"')
    expect(half.do({ type: 'counter.delete', key: 'k' })).to.deep.equal({ type: 'deleted' })
    expect(half.read).to.equal(undefined)
  })

  it('ends a fixed time after it began, whatever is added, and begins anew after that', () => {
    const half = new Half('a')
    half.add(1, { ttlMs: 1000 })
    half.nowMs += 600
    expect(half.add(1, { ttlMs: 1000 })).to.deep.equal({ type: 'total', value: '2', ttlMs: 400 })
    half.nowMs += 400
    expect([half.total, half.read]).to.deep.equal([undefined, undefined])
    expect(half.add(1, { ttlMs: 1000 })).to.deep.equal({ type: 'total', value: '1', ttlMs: 1000 })
    const endless = new Half('a')
    endless.add()
    expect(endless.add(1, { ttlMs: 5 })).to.deep.equal({ type: 'total', value: '2' })
  })

  it('is a counter still where only its lifetime is changed, with the tag that it had', () => {
    const half = new Half('a')
    half.add(3, { ttlMs: 1000 })
    const read = () => half.do({ type: 'value.get', key: 'k' })
    const before = read()
    half.do({ type: 'value.touch', key: 'k', ttlMs: 50 })
    expect(read()).to.deep.equal({ ...(before as object), ttlMs: 50 })
    expect(half.add(1)).to.deep.equal({ type: 'total', value: '4', ttlMs: 50 })
    half.do({ type: 'value.touch', key: 'k' })
    expect([half.entry?.kind, half.add(1)]).to.deep.equal(['counter', { type: 'total', value: '5' }])
  })

  it('stays within the bounds that are given, and says where it is', () => {
    const half = new Half('a')
    half.add(5)
    expect(half.add(2, { max: '6' })).to.deep.equal({ type: 'outOfBounds', value: '5' })
    expect(half.add(-1, { min: '5' })).to.deep.equal({ type: 'outOfBounds', value: '5' })
    expect(half.add(1, { min: '6', max: '6' })).to.deep.equal({ type: 'total', value: '6' })
    expect(new Half('a').add(-1, { min: '0' })).to.deep.equal({ type: 'outOfBounds', value: '0' })
  })

  it('is what it was set to, in place of whatever was there', () => {
    const half = new Half('a')
    half.set('"jam"')
    const set = (value: string, ttlMs?: number) =>
      half.do({ type: 'counter.set', key: 'k', value, ...(ttlMs && { ttlMs }) })
    expect(set('-7', 50)).to.deep.equal({ type: 'total', value: '-7', ttlMs: 50 })
    expect(half.add(2)).to.deep.equal({ type: 'total', value: '-5', ttlMs: 50 })
    expect([set('0'), half.total]).to.deep.equal([{ type: 'total', value: '0' }, '0'])
    expect([set(String(2n ** 63n)), half.total]).to.deep.equal(['OUT_OF_RANGE', '0'])
  })
})

describe('a counter that a value has put an end to', () => {
  it('is forgotten after a while, and the value stays', () => {
    const half = new Half('a')
    half.add(5)
    half.set('"jam"')
    expect(half.entry?.kind).to.equal('turned')
    half.tend()
    half.nowMs += GRACE_MS
    half.tend()
    expect([half.entry?.kind, half.read]).to.deep.equal(['register', '"jam"'])
  })

  it('is forgotten with the value that has ended', () => {
    const half = new Half('a')
    half.add(5)
    half.set('"jam"', { ttlMs: 5 })
    for (let round = 0; round < 3; round++) {
      half.tend()
      half.nowMs += GRACE_MS
    }
    expect(half.entry).to.equal(undefined)
  })
})

/** What one member does with a key, and what everybody would expect of it. */
const step = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map((set) => ({ set })),
  fc.integer({ min: -9, max: 9 }).map((add) => ({ add })),
  fc.constantFrom('value' as const, 'counter' as const).map((deleted) => ({ deleted })),
)

describe('a key of which nobody asks what it has', () => {
  it('is one integer, whichever door each write comes through', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const half = new Half('a')
        let expected: number | undefined
        for (const one of steps) {
          if ('set' in one) {
            half.set(String(one.set))
            expected = one.set
          } else if ('add' in one) {
            expected = (expected ?? 0) + one.add
            expect(half.add(one.add)).to.deep.equal({ type: 'total', value: String(expected) })
          } else {
            half.do({ type: `${one.deleted}.delete`, key: 'k' })
            expected = undefined
          }
          const shown = expected === undefined ? undefined : String(expected)
          expect([half.read, half.total]).to.deep.equal([shown, shown])
        }
      }),
    )
  })
})
