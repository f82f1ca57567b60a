/** Work in turns: how long each is, whose it is, and what comes of it. */
import { expect } from 'chai'
import { Turns, type Work } from '../../shared/turns.ts'

/** Each step takes a millisecond; a turn of the event loop is over when the bench says so. */
class Bench {
  nowMs = 0
  /** Who took steps, turn by turn. */
  readonly taken: string[][] = [[]]
  readonly noted: [Work, number][] = []
  readonly #next: (() => void)[] = []
  readonly turns = new Turns({
    now: () => this.nowMs,
    afterTurn: (run) => void this.#next.push(run),
    note: (work, ms) => void this.noted.push([work, ms]),
  })

  /** What has arrived meanwhile takes a while too. */
  async turn(): Promise<void> {
    this.taken.push([])
    this.nowMs += 10
    for (const run of this.#next.splice(0)) run()
    await Promise.resolve()
  }

  *steps(name: string, count: number): Generator<void, string> {
    for (let step = 0; step < count; step++) {
      this.taken.at(-1)?.push(name)
      this.nowMs++
      yield
    }
    return name
  }

  get isIdle(): boolean {
    return this.#next.length === 0
  }
}

describe('work in turns', () => {
  it('is done at once, where that is no longer than a turn', () => {
    const bench = new Bench()
    expect(bench.turns.take('expiry', bench.steps('a', 2))).to.equal('a')
  })

  it('goes on in the next turn of the event loop, where it is longer', async () => {
    const bench = new Bench()
    const taking = bench.turns.take('expiry', bench.steps('a', 7))
    for (let turn = 0; turn < 3; turn++) await bench.turn()
    expect(await taking).to.equal('a')
    expect(bench.taken.map(({ length }) => length)).to.deep.equal([3, 3, 1, 0])
  })

  it('has one turn in each of the event loop, however much of it there is, and each its share', async () => {
    const bench = new Bench()
    const all = ['a', 'b', 'c'].map((name) => bench.turns.take('expiry', bench.steps(name, 5)))
    for (let turn = 0; turn < 6; turn++) await bench.turn()
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c'])
    expect(bench.taken.map((names) => names.join(''))).to.deep.equal([
      'aaa',
      'bbb',
      'aab',
      'ccc',
      'bcc',
      '',
      '',
    ])
  })

  it('goes on with the next in a turn that is not over', async () => {
    const bench = new Bench()
    void bench.turns.take('expiry', bench.steps('a', 4))
    void bench.turns.take('eviction', bench.steps('b', 1))
    await bench.turn()
    expect(bench.taken.map((names) => names.join(''))).to.deep.equal(['aaa', 'ba'])
  })

  it('that is short is over soon, however much goes on, and keeps that from nothing', async () => {
    const bench = new Bench()
    void bench.turns.take('expiry', bench.steps('a', 1000))
    for (let turn = 0; turn < 8; turn++) {
      void bench.turns.take('copies', bench.steps('-', 3))
      await bench.turn()
    }
    const turns = bench.taken.map((names) => names.join(''))
    expect(turns.filter((names) => names === '---').length).to.be.within(3, 4)
    expect(turns.slice(0, 9).filter((names) => names !== '---').length).to.be.at.least(4)
  })

  it('begins anew with every turn of the event loop, also where nobody waits', async () => {
    const bench = new Bench()
    for (let turn = 0; turn < 3; turn++) {
      expect(bench.turns.take('expiry', bench.steps('a', 2))).to.equal('a')
      await bench.turn()
    }
    await bench.turn()
    expect(bench.isIdle).to.equal(true)
  })

  it('tells how long each turn was, of what', async () => {
    const bench = new Bench()
    void bench.turns.take('expiry', bench.steps('a', 4))
    void bench.turns.take('eviction', bench.steps('b', 1))
    await bench.turn()
    expect(bench.noted).to.deep.equal([
      ['expiry', 3],
      ['eviction', 1],
      ['expiry', 1],
    ])
  })

  it('fails alone, at once or later', async () => {
    const bench = new Bench()
    function* failing(count: number) {
      yield* bench.steps('a', count)
      throw new Error('broken')
    }
    expect(() => bench.turns.take('expiry', failing(1))).to.throw('broken')
    const [failed, other] = [
      bench.turns.take('expiry', failing(4)),
      bench.turns.take('expiry', bench.steps('b', 3)),
    ]
    const reason = Promise.resolve(failed).catch(({ message }: Error) => message)
    for (let turn = 0; turn < 3; turn++) await bench.turn()
    expect([await reason, await other]).to.deep.equal(['broken', 'b'])
  })

  it('lets others go first whenever somebody asks for that', async () => {
    const bench = new Bench()
    let isBack = false
    void bench.turns.pass().then(() => {
      isBack = true
    })
    await Promise.resolve()
    expect(isBack).to.equal(false)
    await bench.turn()
    expect(isBack).to.equal(true)
  })
})
