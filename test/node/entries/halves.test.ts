/** Where two halves have written one key: increments are added up, and of a value and a counter the later write is kept. */
import { expect } from 'chai'
import { Half } from './half.ts'

function meet(a: Half, b: Half): void {
  const before = new Half('nobody')
  before.hear(a)
  a.hear(b)
  b.hear(before)
  expect(read(b)).to.deep.equal(read(a))
}

function read(half: Half): unknown[] {
  return [half.do({ type: 'value.get', key: 'k' }), half.total]
}

describe('where two halves have written', () => {
  it('both increments count that go on from the same value, or from nothing', () => {
    for (const begin of [(half: Half) => void half.set('40'), () => {}]) {
      const [a, b] = [new Half('a'), new Half('b')]
      begin(a)
      b.hear(a)
      a.add(1)
      b.add(2)
      meet(a, b)
      expect(Number(a.total) % 10).to.equal(3)
    }
  })

  it('the later write of a value or a counter is kept, with all that the counter had', () => {
    for (const known of [0, 5]) {
      const [a, b] = [new Half('a'), new Half('b')]
      if (known > 0) a.add(known)
      b.hear(a)
      b.nowMs = 2000
      b.add(2)
      a.nowMs = 3000
      a.set('"jam"')
      meet(a, b)
      expect(a.read).to.equal('"jam"')
      b.nowMs = 4000
      const [c, d] = [new Half('c'), new Half('d')]
      for (const half of [c, d]) half.hear(b)
      c.nowMs = 5000
      c.set('4')
      d.nowMs = 5000
      d.set('1')
      d.nowMs = 6000
      d.add(1)
      meet(c, d)
      expect(c.total).to.equal('2')
    }
    const [a, b] = [new Half('a'), new Half('b')]
    a.add(5)
    b.hear(a)
    a.nowMs = 2000
    a.set('"jam"')
    b.nowMs = 3000
    b.add(2)
    meet(a, b)
    expect([a.total, a.read]).to.deep.equal(['7', '7'])
  })
})
