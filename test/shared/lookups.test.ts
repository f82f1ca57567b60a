/** Which names are looked up when, where some of them take for ever. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Address, comesBefore, Lookups, type Purpose, THREADS } from '../../shared/lookups.ts'
import { settled } from '../support/clock.ts'

const PURPOSES: readonly Purpose[] = ['member', 'registry', 'upstream', 'other']

class Bench {
  readonly underWay: { readonly name: string; readonly end: () => void }[] = []
  readonly lookups = new Lookups((name) => this.#resolve(name))

  #resolve(name: string): Promise<readonly Address[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Address[]>()
    this.underWay.push({ name, end: () => resolve([]) })
    return promise
  }

  want(name: string, purpose: Purpose, isDoubtful = false): void {
    void this.lookups.find({ name, purpose, isDoubtful })
  }

  async end(index: number): Promise<void> {
    for (const { end } of this.underWay.splice(index, 1)) end()
    await settled()
  }

  get names(): string[] {
    return this.underWay.map(({ name }) => name)
  }
}

describe('lookups', () => {
  it('leave members, the registry and upstreams their own, however many others hang', () => {
    const bench = new Bench()
    for (let index = 0; index < 100; index++) bench.want(`broker${index}`, 'other')
    expect(bench.names).to.deep.equal(['broker0', 'broker1'])
    for (const purpose of PURPOSES.slice(0, -1)) {
      bench.want(purpose, purpose)
      expect(bench.names).to.include(purpose)
    }
  })

  it('leave names that may be found a place, however many were not found before', async () => {
    const bench = new Bench()
    for (let index = 0; index < 10; index++) bench.want(`gone${index}`, 'member', true)
    expect(bench.names).to.deep.equal(['gone0', 'gone1', 'gone2'])
    bench.want('new', 'member')
    expect(bench.names).to.deep.equal(['gone0', 'gone1', 'gone2', 'new'])
    bench.want('newer', 'member')
    await bench.end(0)
    expect(bench.names, 'before those that have waited for longer').to.deep.equal([
      'gone1',
      'gone2',
      'new',
      'newer',
    ])
    await bench.end(0)
    expect(bench.names).to.deep.equal(['gone2', 'new', 'newer', 'gone3'])
  })

  it('are few at once, one a name, and all of them come to their turn', async () => {
    const wanted = fc.record({
      name: fc.nat(20).map(String),
      purpose: fc.constantFrom(...PURPOSES),
      isDoubtful: fc.boolean(),
      ends: fc.nat(3),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(wanted, { maxLength: 60 }), async (all) => {
        const bench = new Bench()
        const done = new Set<string>()
        const end = async () => {
          done.add(bench.underWay[0]?.name ?? '')
          await bench.end(0)
        }
        for (const { name, purpose, isDoubtful, ends } of all) {
          bench.want(name, purpose, isDoubtful)
          expect(new Set(bench.names).size).to.equal(bench.names.length)
          expect(bench.names.length).to.be.at.most(THREADS / 2)
          for (let count = 0; count < ends && bench.underWay.length > 0; count++) await end()
        }
        while (bench.underWay.length > 0) await end()
        expect(bench.lookups.size).to.equal(0)
        for (const { name } of all) expect(done).to.include(name)
      }),
    )
  })

  it('are for members before all else', () => {
    expect([...PURPOSES].reverse().sort((one, other) => (comesBefore(one, other) ? -1 : 1))).to.deep.equal(
      PURPOSES,
    )
  })
})
