/** Which view is in force while the slots of very many members are being placed. */
import { expect } from 'chai'
import { CurrentView } from '../../../../node/cluster/members/current-view.ts'
import { ALL_THERE, PlacedView } from '../../../../node/cluster/members/placed-view.ts'
import { SLOTS } from '../../../../shared/placement.ts'
import type { View } from '../../../../shared/view.ts'
import { FakeClock, settled } from '../../../support/clock.ts'
import { countedTurns } from '../../../support/turns.ts'
import { memberOf } from '../../../support/views.ts'

const MANY = 500

function viewOf(epoch: number, members: number): View {
  const ids = Array.from({ length: members }, (_, number) => `n${String(number).padStart(5, '0')}`)
  return { epoch, copies: 2, members: ids.map((id) => memberOf(id)) }
}

class Bench {
  readonly clock = new FakeClock()
  readonly views: { readonly epoch: number; readonly former: number | undefined }[] = []
  readonly current = new CurrentView({
    clock: this.clock,
    turns: countedTurns(2),
    onView: ({ epoch }, former) => void this.views.push({ epoch, former: former?.epoch }),
  })

  /** Until nothing is being placed any more. */
  async rest(): Promise<void> {
    while (this.current.placed?.epoch !== this.current.epoch) await settled()
  }
}

describe('the view in force', () => {
  it('is the one of a few members at once', () => {
    const { current, views } = new Bench()
    expect([current.install(viewOf(1, 3)), current.placed?.epoch]).to.deep.equal([true, 1])
    expect([current.install(viewOf(2, 30)), current.placed?.epoch]).to.deep.equal([true, 2])
    expect([current.install(viewOf(2, 4)), current.epoch]).to.deep.equal([false, 2])
    expect(views).to.deep.equal([
      { epoch: 1, former: undefined },
      { epoch: 2, former: 1 },
    ])
  })

  it('stays the one before while the slots of very many new members are placed', async () => {
    const bench = new Bench()
    const { current } = bench
    current.install(viewOf(1, 3))
    expect([current.install(viewOf(2, MANY)), current.placed?.epoch, current.epoch]).to.deep.equal([
      true,
      1,
      2,
    ])
    expect(current.install(viewOf(2, MANY)), 'the same again').to.equal(false)
    const awaited = current.after(1, bench.clock.now() + 60_000)
    await bench.rest()
    expect((await awaited)?.epoch).to.equal(2)
    const anew = new PlacedView(viewOf(2, MANY))
    for (let slot = 0; slot < SLOTS; slot += 97)
      expect(current.placed?.holdersOf(slot)).to.deep.equal(anew.holdersOf(slot))
  })

  it('is in the end the latest of those that came meanwhile, with whoever is missed by then', async () => {
    const bench = new Bench()
    const { current } = bench
    current.install(viewOf(1, MANY))
    for (const epoch of [2, 3, 4]) expect(current.install(viewOf(epoch, MANY + epoch))).to.equal(true)
    expect(current.miss({ ...ALL_THERE, absent: new Set(['n00007-1']) })).to.equal(true)
    await bench.rest()
    expect(bench.views).to.deep.equal([
      { epoch: 1, former: undefined },
      { epoch: 4, former: 1 },
    ])
    expect(current.placed?.members.length).to.equal(MANY + 3)
  })

  it('follows at once again when one of very many comes or goes', async () => {
    const bench = new Bench()
    const { current } = bench
    current.install(viewOf(1, MANY))
    await bench.rest()
    for (const [epoch, members] of [
      [2, MANY + 1],
      [3, MANY],
    ] as const) {
      current.install(viewOf(epoch, members))
      expect(current.placed?.epoch).to.equal(epoch)
    }
  })
})
