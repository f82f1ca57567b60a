/** What the clients of a chaos run know: every kind of lie is caught, and honest trouble is not taken for one. */
import { expect } from 'chai'
import { ANYTHING, Cell, type CellOptions, Grant, Sum } from '../../../scripts/chaos/ledger.ts'

/** The states that were written, in turn; those that begin with `?` were not acknowledged. */
function cellOf(states: readonly string[], options?: CellOptions): Cell {
  const cell = new Cell(options)
  for (const state of states) {
    const written = cell.write(state.replace(/^\?/, ''))
    if (!state.startsWith('?')) written.acknowledge()
  }
  return cell
}

describe('scripts: the ledger of a chaos run', () => {
  describe('of what one client writes', () => {
    const honest: [string, string[], string][] = [
      ['nothing was written', [], ''],
      ['the last one is there', ['one', 'two'], 'two'],
      ['the last one was a removal', ['one', ''], ''],
      ['the last one, not acknowledged, has happened', ['one', '?two'], 'two'],
      ['the last one, not acknowledged, has not happened', ['one', '?two'], 'one'],
      ['of several not acknowledged one has happened', ['one', '?two', '?three'], 'two'],
      ['what was not acknowledged has happened late', ['one', '?two', 'three'], 'two'],
      ['a removal was not acknowledged and has happened', ['one', '?'], ''],
    ]
    for (const [what, states, found] of honest)
      it(`takes it when ${what}`, () => {
        const cell = cellOf(states)
        expect(cell.judge(found, cell.mark())).to.equal(undefined)
      })

    const lies: [string, string[], string, string][] = [
      ['an acknowledged one is gone', ['one'], '', 'lost'],
      ['it was never written', ['one'], 'other', 'lost'],
      ['an older one is back', ['one', 'two'], 'one', 'resurrected'],
      ['what was removed is back', ['one', ''], 'one', 'resurrected'],
      ['an older one is there and the last one is open', ['one', 'two', '?three'], 'one', 'resurrected'],
      ['one is gone and the next is open', ['one', '?two'], '', 'lost'],
    ]
    for (const [what, states, found, lie] of lies)
      it(`calls it ${lie} when ${what}`, () => {
        const cell = cellOf(states)
        expect(cell.judge(found, cell.mark())).to.equal(lie)
      })

    it('wants of a read what was acknowledged before it began, and allows what was begun before its end', () => {
      const cell = cellOf(['one', 'two'])
      const mark = cell.mark()
      cell.write('three').acknowledge()
      expect(['one', 'two', 'three'].map((state) => cell.judge(state, mark))).to.deep.equal([
        'resurrected',
        undefined,
        undefined,
      ])
      expect(cell.judge('two', cell.mark())).to.equal('resurrected')
    })

    it('counts what was found from then on, also what nobody had acknowledged', () => {
      const cell = cellOf(['one', '?two'])
      cell.settle('two')
      expect(cell.judge('two', cell.mark())).to.equal(undefined)
      expect(cell.judge('one', cell.mark())).to.equal('resurrected')
      cell.write('').acknowledge()
      expect(cell.judge('two', cell.mark())).to.equal('resurrected')
    })

    it('wants of a half what was begun and acknowledged in it, and of another one only what was ever written', () => {
      const cell = cellOf(['one'])
      expect(cell.markOf(1)).to.equal(ANYTHING)
      for (const state of ['', 'one']) expect(cell.judge(state, ANYTHING)).to.equal(undefined)
      expect(cell.judge('other', ANYTHING)).to.equal('lost')
      cell.write('two', 1).acknowledge()
      expect(cell.judge('one', cell.markOf(1))).to.equal('resurrected')
      expect(cell.judge('two', cell.markOf(1))).to.equal(undefined)
    })
  })

  describe('of a response in the cache', () => {
    const options = { tenant: 'acme', mayForget: true }

    it('takes it when it was forgotten, also for a while', () => {
      const cell = cellOf(['acme 1'], options)
      expect(cell.judge('', cell.mark())).to.equal(undefined)
      expect(cell.settle('')).to.equal(true)
      expect(cell.judge('acme 1', cell.mark())).to.equal(undefined)
      expect(cell.settle('acme 1')).to.equal(false)
    })

    it('calls it resurrected when an older one is back', () => {
      const cell = cellOf(['acme 1', 'acme 2', ''], options)
      expect(cell.judge('acme 2', cell.mark())).to.equal('resurrected')
      cell.settle('')
      expect(cell.judge('acme 1', cell.mark())).to.equal('resurrected')
    })

    it('tells what is of another tenant, whatever may be missed', () => {
      const cell = cellOf(['acme 1'], options)
      for (const mark of [cell.mark(), ANYTHING]) {
        expect(cell.judge('bolt 1', mark)).to.equal('wrong tenant')
        expect(cell.judge('acmes 1', mark)).to.equal('wrong tenant')
      }
    })
  })

  describe('of a counter', () => {
    it('takes what is between all acknowledged and all begun', () => {
      const sum = new Sum()
      expect(sum.judge('', sum.mark())).to.equal(undefined)
      sum.add(5).acknowledge()
      sum.add(3)
      const found = ['', '4', '5', '6', '8', '9', '13'].map((total) => sum.judge(total, sum.mark()))
      const twice = 'counted twice'
      expect(found).to.deep.equal(['lost', 'lost', undefined, undefined, undefined, twice, twice])
    })

    it('is exact when all is acknowledged, however often', () => {
      const sum = new Sum()
      const written = sum.add(5)
      written.acknowledge()
      written.acknowledge()
      expect(['4', '5', '6'].map((total) => sum.judge(total, sum.mark()))).to.deep.equal([
        'lost',
        undefined,
        'counted twice',
      ])
    })

    it('notices a total that goes back, and not one that a read is overtaken by', () => {
      const sum = new Sum()
      sum.add(5).acknowledge()
      const mark = sum.mark()
      sum.add(2).acknowledge()
      expect(sum.judge('5', mark)).to.equal(undefined)
      expect(sum.judge('5', sum.mark())).to.equal('lost')
      expect(sum.judge('0', ANYTHING)).to.equal(undefined)
      expect(sum.judge('8', ANYTHING)).to.equal('counted twice')
    })

    it('counts what was found from then on', () => {
      const sum = new Sum()
      sum.add(5)
      sum.settle('5')
      sum.add(1).acknowledge()
      expect(['5', '6', '7'].map((total) => sum.judge(total, sum.mark()))).to.deep.equal([
        'lost',
        undefined,
        'counted twice',
      ])
    })
  })

  describe('of what was only in the memory of those who are gone', () => {
    it('takes it when what was acknowledged just before is there, or is not', () => {
      const cell = new Cell()
      cell.write('one').acknowledge(1000)
      cell.write('two').acknowledge(2000)
      cell.doubt(1500)
      const found = ['', 'one', 'two'].map((state) => cell.judge(state, cell.mark()))
      expect(found).to.deep.equal(['lost', undefined, undefined])
    })

    it('takes any total from what was acknowledged before to all that was begun', () => {
      const sum = new Sum()
      sum.add(5).acknowledge(1000)
      sum.add(3).acknowledge(2000)
      sum.doubt(1500)
      const found = ['4', '5', '8', '9'].map((total) => sum.judge(total, sum.mark()))
      expect(found).to.deep.equal(['lost', undefined, undefined, 'counted twice'])
    })
  })

  describe('of a lock', () => {
    it('notices when it is given to one while another one has it', () => {
      const grant = new Grant()
      expect([grant.granted('a'), grant.granted('b')]).to.deep.equal([undefined, 'granted twice'])
    })

    it('takes it when the one who had it gives it back, or when it may go', () => {
      const grant = new Grant()
      grant.granted('a')
      grant.giveBack()
      expect(grant.granted('b')).to.equal(undefined)
      grant.allowForgetting()
      expect(grant.granted('c')).to.equal(undefined)
    })
  })

  it('of a value that may go from now on takes it when it is gone, and not when it is older', () => {
    const cell = cellOf(['one', 'two'])
    expect(cell.judge('', cell.mark())).to.equal('lost')
    cell.allowForgetting()
    expect([cell.judge('', cell.mark()), cell.judge('one', cell.mark())]).to.deep.equal([
      undefined,
      'resurrected',
    ])
  })
})
